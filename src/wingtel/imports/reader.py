"""Reader of a source of any format: it reads batches in order, in bulk, while the batch before is ingested."""

import queue
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from . import delimited, ndjson, parquet
from .batching import MAX_BATCH_LINES, batch_tables
from .chunks import CHUNK_LINES, ByteRange, ChunkReader
from .fields import FieldTable
from .profiles import Profile
from .record_reader import ReadTable, RecordReader
from .sources import opened


class Opened(NamedTuple):
    """An open source: its columns, the lines up to the header ("" without a header), and its batches.

    `warnings` is complete once all batches are read.
    """

    columns: list[str]
    header: str
    batches: "Iterator[ReadBatch]"
    warnings: list[str]


class ReadBatch(NamedTuple):
    """A batch of a source, and the bytes of the file that were read so far."""

    table: ReadTable
    bytes_read: int


@contextmanager
def reading(
    path: Path,
    profile: Profile,
    operator_zone: ZoneInfo,
    *,
    done: Sequence[ByteRange] = (),
    batch_lines: int = MAX_BATCH_LINES,
    chunk_lines: int = CHUNK_LINES,
) -> Iterator[Opened]:
    """Open a file, with batches of the lines that are not `done`.

    A batch has at most `batch_lines` lines, and is merged from chunks of at most `chunk_lines` lines. A record has the
    number of its first line, counted from 1 as in an editor; in Parquet, rows are counted. Raises HeaderError when the
    profile's columns are not in the file, and SourceError when it is damaged; so does the iterator.
    """
    chunk_lines = min(chunk_lines, batch_lines)
    # The segments of a record are merged within a batch, so batches are large from the first on.
    batched = partial(batch_tables, most_lines=batch_lines, starts_small=not profile.reference.segments)
    skipped = _edges(done) if profile.reference.numbers_lines else done
    if profile.layout.format == "parquet":
        columns, tables = parquet.opened(path, profile, done=skipped, rows=chunk_lines)
        read = _records(tables, RecordReader(profile, columns, operator_zone), done)
        with closing(_read_ahead(batched(read), lambda: 0)) as batches:
            yield Opened(columns, "", batches, [])
        return
    with opened(path, profile.layout.encoding) as (stream, file):
        is_ndjson = profile.layout.format == "ndjson"
        chunks = ChunkReader(ndjson.as_lines(stream) if is_ndjson else stream, done=skipped, chunk_lines=chunk_lines)
        if is_ndjson:
            columns, header = ndjson.columns_of(profile), ""
            tables = ndjson.read_tables(chunks, profile)
        else:
            columns, header = delimited.header_of(chunks, profile.layout)
            tables = delimited.read_tables(chunks, profile.layout, columns)
        read = _records(tables, RecordReader(profile, columns, operator_zone), done)
        warnings: list[str] = []
        tables_with_warnings = _warn_at_end(batched(read), chunks, profile, warnings)
        with closing(_read_ahead(tables_with_warnings, file.tell)) as batches:
            yield Opened(columns, header, batches, warnings)


def _warn_at_end(
    tables: Iterator[ReadTable], chunks: ChunkReader, profile: Profile, warnings: list[str]
) -> Iterator[ReadTable]:
    """Yield the tables, then add a warning if the file may have been cut off."""
    yield from tables
    if chunks.unterminated_line:
        whole_line = (
            "is a conflict" if profile.reference.columns else "is a new record, since the profile has no reference"
        )
        warnings.append(
            f"line {chunks.unterminated_line}, the last, has no line end: the file may have been cut off."
            f" Import it once it is whole; a line with another amount {whole_line}"
        )


def _records(tables: Iterator[FieldTable], reader: RecordReader, done: Sequence[ByteRange]) -> Iterator[ReadTable]:
    """Return the records of the tables that are not done. Tables that are done are read to number equal lines."""
    read = map(reader.read, tables)
    if not done or not reader.profile.reference.numbers_lines:
        return read
    return filter(lambda table: not any(each.start <= table.byte_range.start < each.end for each in done), read)


def _edges(done: Sequence[ByteRange]) -> list[ByteRange]:
    """Return the positions at which chunks have to end, so that each chunk is either done or not."""
    return [ByteRange(edge, edge, 0) for each in done for edge in (each.start, each.end)]


def _read_ahead(tables: Iterator[ReadTable], tell: Callable[[], int]) -> Generator[ReadBatch]:
    """Read a batch in a thread while the batch before is ingested. The thread ends when the iterator is closed.

    Reading further ahead would take more memory and no less time.
    """
    ready: queue.SimpleQueue[ReadBatch | BaseException | None] = queue.SimpleQueue()
    wanted = threading.Semaphore(1)
    stop = threading.Event()

    def read() -> None:
        try:
            while wanted.acquire() and not stop.is_set():
                table = next(tables, None)
                ready.put(None if table is None else ReadBatch(table, tell()))
                del table
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that ingests
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
