"""Gathering what was read into parts that are recorded together.

Reading takes memory for the texts of all columns, so it goes by small blocks. Recording costs something for each
subscription that a transaction touches, so it goes by many lines.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import groupby

import polars as pl

from .blocks import Span
from .fields import RawLines
from .record_reader import RECORDS, ReadTable

PART_LINES = 450_000
PART_BYTES = 26 << 20
_GROWTH = 4
"""By how much a part may be larger than the one before: reading it takes no longer than recording that."""
PART_REJECTS = 50_000
"""With as many, a part has enough: they take several times the memory of records."""


def gathered(
    tables: Iterator[ReadTable], *, most_lines: int = PART_LINES, starts_small: bool = True
) -> Iterator[ReadTable]:
    """The tables, those together that follow each other without a gap.

    The first comes alone, so that recording can begin early, then more and more, until a part is as large as it may be:
    `most_lines`, PART_BYTES of text. A table that is larger comes alone. Without `starts_small`, all parts are large.
    """
    held: list[ReadTable] = []
    wanted = 1 if starts_small else most_lines
    for table in tables:
        if held and not _belongs(table, held, most_lines):
            yield _taken(held)
            wanted = min(wanted * _GROWTH, most_lines)
        held.append(table)
        del table  # held for as long as the part is recorded, if it were
        if len(held) >= wanted or sum(len(each.rejects) for each in held) >= PART_REJECTS:
            yield _taken(held)
            wanted = min(wanted * _GROWTH, most_lines)
    if held:
        yield _taken(held)


def _belongs(table: ReadTable, held: Sequence[ReadTable], most_lines: int) -> bool:
    span = _over([*held, table])
    follows = held[-1].span.end == table.span.start
    return follows and span.lines <= most_lines and _size([*held, table]) <= PART_BYTES


def _over(tables: Sequence[ReadTable]) -> Span:
    return Span(tables[0].span.start, tables[-1].span.end, sum(table.span.lines for table in tables))


def _size(tables: Sequence[ReadTable]) -> int:
    return sum(table.size for table in tables)


def _taken(tables: list[ReadTable]) -> ReadTable:
    """All of them as one; none is left in the list."""
    part = ReadTable(
        span=_over(tables),
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
    return part


def _records(tables: Sequence[ReadTable]) -> pl.DataFrame:
    """All records in one piece each column: PostgreSQL is sent slices, which would be slow to take from many."""
    # Column by column, and taken out of the tables: never is more than one of them there twice.
    return pl.DataFrame(
        [pl.concat([table.records.drop_in_place(column) for table in tables], rechunk=True) for column in RECORDS]
    )


def _raw_lines(parts: Sequence[tuple[int, RawLines]]) -> RawLines:
    first_lines = [first_line for first_line, _ in parts]

    def raw(numbers: Sequence[int]) -> list[str]:
        texts: dict[int, str] = {}
        for place, group in groupby(sorted(numbers), key=lambda number: bisect_right(first_lines, number) - 1):
            some = list(group)
            texts |= zip(some, parts[place][1](some), strict=True)
        return [texts[number] for number in numbers]

    return raw
