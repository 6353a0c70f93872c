"""Chunks of whole lines. A resumed import finds the places again where text was cut into them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from .errors import HeaderError

CHUNK_BYTES = 2 << 20
CHUNK_LINES = 250_000

LONGEST_LINE = CHUNK_BYTES
"""Most bytes of a line, or of a record over several lines: all of it is in memory, several times over."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
END_MARK = b"\x1a"
"""Ctrl-Z, which some systems write after the last line."""
_LONG_LINE_PREFIX = 200
_SEPARATOR_LINE = re.compile(rb"sep=.\r?\n", re.IGNORECASE)
_LONGEST_SEPARATOR_LINE = 7


@dataclass(frozen=True, order=True)
class ByteRange:
    """A range of a source, from position `start` up to `end`, and its number of physical `lines`.

    Positions are bytes of the decompressed content; those of Parquet are rows.
    """

    start: int
    end: int
    lines: int


@dataclass(frozen=True)
class Chunk:
    """Whole lines of a file, each with its line feed.

    `is_closed`: no record continues after the chunk, because the file ends there or what follows is ingested already.
    `is_too_long`: the chunk is one line of more than LONGEST_LINE bytes, and `data` has the first bytes of it.
    """

    byte_range: ByteRange
    first_line: int
    data: bytes
    is_closed: bool
    is_too_long: bool = False


class ChunkReader:
    """A reader of chunks in order, which skips the byte ranges that are `done`.

    `unterminated_line` is the number of the last line if it has no line end: the file may have been cut off.
    """

    def __init__(
        self,
        stream: BinaryIO,
        *,
        done: Sequence[ByteRange] = (),
        chunk_bytes: int = CHUNK_BYTES,
        chunk_lines: int = CHUNK_LINES,
    ) -> None:
        self._stream = stream
        self._done = sorted(done)
        self._bytes, self._lines = chunk_bytes, chunk_lines
        self._buffer = b""
        self._at_end = False
        self._position = 0
        self._line = 1
        self._has_end_mark = False
        self.unterminated_line: int | None = None

    def skip_byte_order_mark(self) -> None:
        """Skip a byte order mark at the start of the file."""
        self._fill(len(BYTE_ORDER_MARK))
        if self._buffer.startswith(BYTE_ORDER_MARK):
            self._consume(len(BYTE_ORDER_MARK), 0)

    def skip_separator_line(self) -> None:
        """Skip a line such as `sep=;`, which spreadsheets write first."""
        self._fill(_LONGEST_SEPARATOR_LINE)
        if match := _SEPARATOR_LINE.match(self._buffer):
            self._consume(match.end(), 1)

    def read_line(self) -> bytes | None:
        """Read one line without its line end. Return None at the end of the file.

        Raises HeaderError when the line has more than LONGEST_LINE bytes.
        """
        while b"\n" not in self._buffer and not self._at_end:
            if len(self._buffer) > LONGEST_LINE:
                raise HeaderError(f"line {self._line} has more than {LONGEST_LINE} bytes, and is no header")
            self._fill(len(self._buffer) + 1)
        if not self._buffer:
            return None
        line, end, _ = self._buffer.partition(b"\n")
        self._consume(len(line) + len(end), 1)
        return line.rstrip(b"\r")

    def next(self, *, least_lines: int = 0) -> Chunk | None:
        """Return the next chunk that is not done, or None at the end of the file.

        It has at least `least_lines` lines, unless the rest of the file or LONGEST_LINE bytes hold fewer.
        """
        while self._done and self._done[0].start <= self._position:
            self._skip(self._done.pop(0))
        limit = self._done[0].start - self._position if self._done else None
        most_lines = max(self._lines, least_lines)
        wanted = min(self._bytes, LONGEST_LINE)
        while True:
            self._fill(wanted if limit is None else min(wanted, limit))
            if not self._buffer:
                return None
            end, is_closed = self._end(wanted, limit)
            lines = self._buffer.count(b"\n", 0, end)
            if end and (is_closed or lines >= least_lines or wanted == LONGEST_LINE):
                break
            if wanted == LONGEST_LINE:
                return self._long_line()
            wanted = min(2 * wanted, LONGEST_LINE)
        if lines > most_lines:
            end, lines, is_closed = _after_lines(self._buffer, most_lines), most_lines, False
        return self._chunk(end, lines, is_closed=is_closed)

    def give_back(self, chunk: Chunk, keep_lines: int) -> Chunk:
        """Return `chunk` with its first lines only; the next chunk begins with the rest. Not for a closed chunk."""
        end = _after_lines(chunk.data, keep_lines)
        self._buffer = chunk.data[end:] + self._buffer
        self._position -= len(chunk.data) - end
        self._line -= chunk.byte_range.lines - keep_lines
        kept = ByteRange(chunk.byte_range.start, chunk.byte_range.start + end, keep_lines)
        return Chunk(kept, chunk.first_line, chunk.data[:end], is_closed=False)

    def _end(self, wanted: int, limit: int | None) -> tuple[int, bool]:
        if limit is not None and wanted >= limit:
            return min(limit, len(self._buffer)), True
        if self._at_end and wanted >= len(self._buffer):
            return len(self._buffer), True
        return self._buffer.rfind(b"\n", 0, wanted) + 1, False

    def _chunk(self, end: int, lines: int, *, is_closed: bool) -> Chunk:
        data, start, first_line = self._buffer[:end], self._position, self._line
        if not data.endswith(b"\n"):  # the last line of the file
            data += b"\n"
            lines += 1
            self.unterminated_line = None if self._has_end_mark else first_line + lines - 1
        self._consume(end, lines)
        return Chunk(ByteRange(start, start + end, lines), first_line, data, is_closed)

    def _long_line(self) -> Chunk:
        """Consume a line that is too long, and keep its first bytes; never is all of it in memory."""
        data, start, first_line = self._buffer[:_LONG_LINE_PREFIX], self._position, self._line
        while self._buffer and b"\n" not in self._buffer:
            self._consume(len(self._buffer), 0)
            self._fill(1)
        self._consume(self._buffer.find(b"\n") + 1, 1)
        return Chunk(ByteRange(start, self._position, 1), first_line, data + b"\n", is_closed=True, is_too_long=True)

    def _skip(self, byte_range: ByteRange) -> None:
        while (remaining := byte_range.end - self._position) > 0:
            self._fill(min(remaining, self._bytes))
            if not self._buffer:
                break
            self._consume(min(remaining, len(self._buffer)), 0)
        self._line += byte_range.lines

    def _fill(self, wanted: int) -> None:
        pieces, length = [self._buffer], len(self._buffer)
        while length < wanted and not self._at_end:
            more = self._stream.read(max(wanted - length, 1 << 16))
            self._at_end = not more
            pieces.append(more)
            length += len(more)
        if len(pieces) > 1:
            self._buffer = b"".join(pieces)
            if self._at_end and self._buffer.endswith(END_MARK):
                self._buffer, self._has_end_mark = self._buffer.rstrip(END_MARK), True

    def _consume(self, size: int, lines: int) -> None:
        self._buffer = self._buffer[size:]
        self._position += size
        self._line += lines


def _after_lines(data: bytes, lines: int) -> int:
    """Return the position after the first `lines` lines. The data has at least as many."""
    position = 0
    for _ in range(lines):
        position = data.index(b"\n", position) + 1
    return position
