"""Reading a source of any format: its parts in order, each read in bulk, ahead of whoever records them."""

import queue
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from . import delimited, ndjson, parquet
from .batching import PART_LINES, gathered
from .blocks import BLOCK_LINES, BlockReader, Span
from .fields import FieldTable
from .json_arrays import as_lines
from .profiles import Profile
from .record_reader import ReadTable, RecordReader
from .sources import opened


class Opened(NamedTuple):
    """A source with its columns, the lines up to the one that names them ("" where none does), and its parts.

    `warnings` are complete when all parts were taken.
    """

    columns: list[str]
    header: str
    parts: "Iterator[Read]"
    warnings: list[str]


class Read(NamedTuple):
    """A part of a source, and how many bytes of the file were read so far."""

    table: ReadTable
    bytes_read: int


@contextmanager
def reading(
    path: Path,
    profile: Profile,
    operator_zone: ZoneInfo,
    *,
    done: Sequence[Span] = (),
    chunk_lines: int = PART_LINES,
    block_lines: int = BLOCK_LINES,
) -> Iterator[Opened]:
    """Open a file, with those of its parts that are not `done`, of `chunk_lines` lines or less; each is gathered from
    what was read `block_lines` lines or less at a time.

    A line is numbered as an editor does, from 1, by where it starts; in Parquet, rows are. Raises HeaderError when the
    profile's columns are not in the file, SourceError when it is damaged, also from the iterator.
    """
    block_lines = min(block_lines, chunk_lines)
    # The segments of a record are put together within a part.
    gather = partial(gathered, most_lines=chunk_lines, starts_small=not profile.reference.segments)
    passed_over = _edges(done) if profile.reference.numbers_lines else done
    if profile.layout.format == "parquet":
        columns, tables = parquet.opened(path, profile, done=passed_over, rows=block_lines)
        read = _records(tables, RecordReader(profile, columns, operator_zone), done)
        with closing(_ahead(gather(read), lambda: 0)) as parts:
            yield Opened(columns, "", parts, [])
        return
    with opened(path, profile.layout.encoding) as (stream, file):
        is_ndjson = profile.layout.format == "ndjson"
        blocks = BlockReader(as_lines(stream) if is_ndjson else stream, done=passed_over, block_lines=block_lines)
        if is_ndjson:
            columns, header = ndjson.columns_of(profile), ""
            tables = ndjson.read_tables(blocks, profile)
        else:
            columns, header = delimited.header_of(blocks, profile.layout)
            tables = delimited.read_tables(blocks, profile.layout, columns)
        read = _records(tables, RecordReader(profile, columns, operator_zone), done)
        warnings: list[str] = []
        gathering = _watched(gather(read), blocks, profile, warnings)
        with closing(_ahead(gathering, file.tell)) as parts:
            yield Opened(columns, header, parts, warnings)


def _watched(
    tables: Iterator[ReadTable], blocks: BlockReader, profile: Profile, warnings: list[str]
) -> Iterator[ReadTable]:
    """Yield the tables, and warn of a file that may have been cut off."""
    yield from tables
    if blocks.unended_line:
        whole_line = "is told as a conflict" if profile.reference.columns else "without a reference is another record"
        warnings.append(
            f"line {blocks.unended_line}, the last, has no line end: the file may have been cut off."
            f" Import it once it is whole; a line with another amount {whole_line}"
        )


def _records(tables: Iterator[FieldTable], reader: RecordReader, done: Sequence[Span]) -> Iterator[ReadTable]:
    """Return the records of tables without those that are done, which are only there to number equal lines."""
    read = map(reader.read, tables)
    if not done or not reader.profile.reference.numbers_lines:
        return read
    return filter(lambda table: not any(span.start <= table.span.start < span.end for span in done), read)


def _edges(done: Sequence[Span]) -> list[Span]:
    """Return places to cut at, such that what is between two of them is done or not."""
    return [Span(edge, edge, 0) for span in done for edge in (span.start, span.end)]


def _ahead(tables: Iterator[ReadTable], tell: Callable[[], int]) -> Generator[Read]:
    """Read in a thread of its own, one part while another is recorded. Ends the thread when the iterator is closed.

    Reading further ahead would take more memory and no less time.
    """
    ready: queue.SimpleQueue[Read | BaseException | None] = queue.SimpleQueue()
    wanted = threading.Semaphore(1)
    stop = threading.Event()

    def read() -> None:
        try:
            while wanted.acquire() and not stop.is_set():
                table = next(tables, None)
                ready.put(None if table is None else Read(table, tell()))
                del table
        except BaseException as error:  # noqa: BLE001 - raised again where the parts are taken
            ready.put(error)

    thread = threading.Thread(target=read, name="reading", daemon=True)
    thread.start()
    try:
        while (item := ready.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            wanted.release()
            yield item
    finally:
        stop.set()
        wanted.release()
        thread.join()
