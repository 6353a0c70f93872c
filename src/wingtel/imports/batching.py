"""Batching: consecutive chunks of a file are merged into batches, and each batch is committed in one transaction.

Small chunks save memory, since a chunk holds the texts of all columns. Large batches save time, since a transaction has
a cost for each subscription that it touches.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import groupby

import polars as pl

from .chunks import ByteRange
from .fields import RawLines
from .record_reader import RECORDS, ReadTable

MAX_BATCH_LINES = 450_000
MAX_BATCH_BYTES = 26 << 20
_GROWTH = 4
"""Largest ratio of a batch to the one before: then reading takes no longer than ingesting the one before."""
MAX_BATCH_REJECTS = 50_000
"""Rejects that end a batch: each takes several times the memory of a record."""


def batch_tables(
    tables: Iterator[ReadTable], *, most_lines: int = MAX_BATCH_LINES, starts_small: bool = True
) -> Iterator[ReadTable]:
    """Merge tables that follow each other without a gap into batches.

    The first batch is one table, so that ingestion begins early. Each next one is larger, up to `most_lines` lines and
    MAX_BATCH_BYTES of text. A table that is larger is a batch by itself. Without `starts_small`, all batches are large.
    """
    pending: list[ReadTable] = []
    wanted = 1 if starts_small else most_lines
    for table in tables:
        if pending and not _fits(table, pending, most_lines):
            yield _merge(pending)
            wanted = min(wanted * _GROWTH, most_lines)
        pending.append(table)
        del table  # else it would stay in memory while the batch is ingested
        if len(pending) >= wanted or sum(len(each.rejects) for each in pending) >= MAX_BATCH_REJECTS:
            yield _merge(pending)
            wanted = min(wanted * _GROWTH, most_lines)
    if pending:
        yield _merge(pending)


def _fits(table: ReadTable, pending: Sequence[ReadTable], most_lines: int) -> bool:
    byte_range = _byte_range([*pending, table])
    follows = pending[-1].byte_range.end == table.byte_range.start
    return follows and byte_range.lines <= most_lines and _size([*pending, table]) <= MAX_BATCH_BYTES


def _byte_range(tables: Sequence[ReadTable]) -> ByteRange:
    return ByteRange(
        tables[0].byte_range.start, tables[-1].byte_range.end, sum(table.byte_range.lines for table in tables)
    )


def _size(tables: Sequence[ReadTable]) -> int:
    return sum(table.size for table in tables)


def _merge(tables: list[ReadTable]) -> ReadTable:
    """Merge the tables into one, and empty the list."""
    batch = ReadTable(
        byte_range=_byte_range(tables),
        first_line=tables[0].first_line,
        rejects=[reject for table in tables for reject in table.rejects],
        skipped=sum(table.skipped for table in tables),
        lines=sum(table.lines for table in tables),
        size=_size(tables),
        raw=_raw_lines([(table.first_line, table.raw) for table in tables]),
        records=_records(tables),
        broken=pl.concat([table.broken for table in tables]),
    )
    tables.clear()
    return batch


def _records(tables: Sequence[ReadTable]) -> pl.DataFrame:
    """Return all records, each column in one piece: slices for PostgreSQL would be slow to take from many pieces."""
    # Column by column, so that no more than one of them is in memory twice.
    return pl.DataFrame(
        [pl.concat([table.records.drop_in_place(column) for table in tables], rechunk=True) for column in RECORDS]
    )


def _raw_lines(chunks: Sequence[tuple[int, RawLines]]) -> RawLines:
    first_lines = [first_line for first_line, _ in chunks]

    def raw(numbers: Sequence[int]) -> list[str]:
        texts: dict[int, str] = {}
        for place, group in groupby(sorted(numbers), key=lambda number: bisect_right(first_lines, number) - 1):
            in_chunk = list(group)
            texts |= zip(in_chunk, chunks[place][1](in_chunk), strict=True)
        return [texts[number] for number in numbers]

    return raw
