"""Reading a source of any format: its parts in order, each read in bulk, ahead of whoever records them."""

import queue
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from . import delimited, ndjson, parquet
from .blocks import BLOCK_LINES, BlockReader, Span
from .bulk import BulkReader, ReadTable
from .fields import FieldTable
from .profiles import Profile
from .sources import opened

_AHEAD = 1
"""Parts that are read and wait to be recorded: more would take more memory and no less time."""


class Opened(NamedTuple):
    """A source with its columns, the line that says them ("" where none does), and its parts."""

    columns: list[str]
    header: str
    parts: "Iterator[Read]"


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
    chunk_lines: int | None = None,
) -> Iterator[Opened]:
    """The file, with those of its parts that are not `done`, `chunk_lines` lines or less at a time.

    A line is numbered as an editor does, from 1, by where it starts; in Parquet, rows are. Raises HeaderError when the
    profile's columns are not in the file, SourceError when it is damaged, also from the iterator.
    """
    lines = chunk_lines or BLOCK_LINES
    if profile.layout.format == "parquet":
        columns, tables = parquet.opened(path, profile, done=done, rows=lines)
        with closing(_ahead(BulkReader(profile, columns, operator_zone), tables, lambda: 0)) as parts:
            yield Opened(columns, "", parts)
        return
    with opened(path) as (stream, file):
        blocks = BlockReader(stream, done=done, block_lines=lines)
        if profile.layout.format == "ndjson":
            columns, header = ndjson.columns_of(profile), ""
            tables = ndjson.read_tables(blocks, columns)
        else:
            columns, header = delimited.header_of(blocks, profile.layout)
            tables = delimited.read_tables(blocks, profile.layout, len(columns))
        with closing(_ahead(BulkReader(profile, columns, operator_zone), tables, file.tell)) as parts:
            yield Opened(columns, header, parts)


def _ahead(reader: BulkReader, tables: Iterator[FieldTable], tell: Callable[[], int]) -> Generator[Read]:
    """Read in a thread of its own, a part ahead. Ends the thread when the iterator is closed."""
    ready: queue.Queue[Read | BaseException | None] = queue.Queue(_AHEAD)
    stop = threading.Event()

    def put(item: Read | BaseException | None) -> bool:
        while not stop.is_set():
            try:
                ready.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def read() -> None:
        try:
            for table in tables:
                if not put(Read(reader.read(table), tell())):
                    return
            put(None)
        except BaseException as error:  # noqa: BLE001 - raised again where the parts are taken
            put(error)

    thread = threading.Thread(target=read, name="reading", daemon=True)
    thread.start()
    try:
        while (item := ready.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stop.set()
        thread.join()
