"""Blocks of whole lines, into which text is cut at places that a resumed import finds again."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from .errors import HeaderError

BLOCK_BYTES = 2 << 20
BLOCK_LINES = 250_000

LONGEST_LINE = BLOCK_BYTES
"""Bytes of a line, or of a record over several. More would be held in memory whole, several times over."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
END_MARK = b"\x1a"
"""Ctrl-Z, which some systems put behind the last line."""
_KEPT_OF_LONG_LINES = 200
_SEPARATOR_LINE = re.compile(rb"sep=.\r?\n", re.IGNORECASE)
_LONGEST_SEPARATOR_LINE = 7


@dataclass(frozen=True, order=True)
class Span:
    """A part of a source, from position `start` up to `end`, over so many physical `lines`."""

    start: int
    end: int
    lines: int


@dataclass(frozen=True)
class Block:
    """Some whole lines, each with its line feed. Positions count bytes of the decompressed content.

    `is_closed` says that no record goes on behind it: the file ends there, or what follows is recorded already.
    `is_too_long` says that it is one line of more than LONGEST_LINE bytes, of which `data` has the first.
    """

    span: Span
    first_line: int
    data: bytes
    is_closed: bool
    is_too_long: bool = False


class BlockReader:
    """A reader of blocks in order, which passes over the `done` spans.

    `unended_line` is the number of the last line where it has no end: the file may have been cut off.
    """

    def __init__(
        self,
        stream: BinaryIO,
        *,
        done: Sequence[Span] = (),
        block_bytes: int = BLOCK_BYTES,
        block_lines: int = BLOCK_LINES,
    ) -> None:
        self._stream = stream
        self._done = sorted(done)
        self._bytes, self._lines = block_bytes, block_lines
        self._buffer = b""
        self._at_end = False
        self._position = 0
        self._line = 1
        self._has_end_mark = False
        self.unended_line: int | None = None

    def pass_over_mark(self) -> None:
        """Pass over a byte order mark at the very start."""
        self._fill(len(BYTE_ORDER_MARK))
        if self._buffer.startswith(BYTE_ORDER_MARK):
            self._take(len(BYTE_ORDER_MARK), 0)

    def pass_over_separator(self) -> None:
        """Pass over a line such as `sep=;`, which spreadsheets put first."""
        self._fill(_LONGEST_SEPARATOR_LINE)
        if found := _SEPARATOR_LINE.match(self._buffer):
            self._take(found.end(), 1)

    def line(self) -> bytes | None:
        """Take one line, without its end; None at the end of the file.

        Raises HeaderError when it is too long.
        """
        while b"\n" not in self._buffer and not self._at_end:
            if len(self._buffer) > LONGEST_LINE:
                raise HeaderError(f"line {self._line} has more than {LONGEST_LINE} bytes, and is no header")
            self._fill(len(self._buffer) + 1)
        if not self._buffer:
            return None
        line, end, _ = self._buffer.partition(b"\n")
        self._take(len(line) + len(end), 1)
        return line.rstrip(b"\r")

    def next(self, *, least_lines: int = 0) -> Block | None:
        """Return the next block that is not done, None at the end.

        It has `least_lines` if so many are left, within LONGEST_LINE bytes.
        """
        while self._done and self._done[0].start <= self._position:
            self._pass_over(self._done.pop(0))
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
        return self._block(end, lines, is_closed=is_closed)

    def give_back(self, block: Block, keep_lines: int) -> Block:
        """Return `block` with its first lines only; the rest comes with the next block. Not for a closed one."""
        end = _after_lines(block.data, keep_lines)
        self._buffer = block.data[end:] + self._buffer
        self._position -= len(block.data) - end
        self._line -= block.span.lines - keep_lines
        span = Span(block.span.start, block.span.start + end, keep_lines)
        return Block(span, block.first_line, block.data[:end], is_closed=False)

    def _end(self, wanted: int, limit: int | None) -> tuple[int, bool]:
        if limit is not None and wanted >= limit:
            return min(limit, len(self._buffer)), True
        if self._at_end and wanted >= len(self._buffer):
            return len(self._buffer), True
        return self._buffer.rfind(b"\n", 0, wanted) + 1, False

    def _block(self, end: int, lines: int, *, is_closed: bool) -> Block:
        data, start, first_line = self._buffer[:end], self._position, self._line
        if not data.endswith(b"\n"):  # the last line of the file
            data += b"\n"
            lines += 1
            self.unended_line = None if self._has_end_mark else first_line + lines - 1
        self._take(end, lines)
        return Block(Span(start, start + end, lines), first_line, data, is_closed)

    def _long_line(self) -> Block:
        """Take a line that is too long, and hold a part of it at a time."""
        data, start, first_line = self._buffer[:_KEPT_OF_LONG_LINES], self._position, self._line
        while self._buffer and b"\n" not in self._buffer:
            self._take(len(self._buffer), 0)
            self._fill(1)
        self._take(self._buffer.find(b"\n") + 1, 1)
        return Block(Span(start, self._position, 1), first_line, data + b"\n", is_closed=True, is_too_long=True)

    def _pass_over(self, span: Span) -> None:
        while (left := span.end - self._position) > 0:
            self._fill(min(left, self._bytes))
            if not self._buffer:
                break
            self._take(min(left, len(self._buffer)), 0)
        self._line += span.lines

    def _fill(self, wanted: int) -> None:
        parts, length = [self._buffer], len(self._buffer)
        while length < wanted and not self._at_end:
            more = self._stream.read(max(wanted - length, 1 << 16))
            self._at_end = not more
            parts.append(more)
            length += len(more)
        if len(parts) > 1:
            self._buffer = b"".join(parts)
            if self._at_end and self._buffer.endswith(END_MARK):
                self._buffer, self._has_end_mark = self._buffer.rstrip(END_MARK), True

    def _take(self, size: int, lines: int) -> None:
        self._buffer = self._buffer[size:]
        self._position += size
        self._line += lines


def _after_lines(data: bytes, lines: int) -> int:
    """Return the position after so many lines, of which there are as many."""
    position = 0
    for _ in range(lines):
        position = data.index(b"\n", position) + 1
    return position
