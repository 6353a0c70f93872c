"""Cutting text into blocks of whole lines, at places that a resumed import finds again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

BLOCK_BYTES = 2 << 20
BLOCK_LINES = 250_000

LONGEST_LINE = 16 << 20
"""Bytes. A longer one would be held in memory whole, several times over."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


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
    """

    span: Span
    first_line: int
    data: bytes
    is_closed: bool


class BlockReader:
    """Reads blocks in order, passing over the `done` spans."""

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

    def pass_over_mark(self) -> None:
        """Pass over a byte order mark at the very start."""
        self._fill(len(BYTE_ORDER_MARK))
        if self._buffer.startswith(BYTE_ORDER_MARK):
            self._take(len(BYTE_ORDER_MARK), 0)

    def line(self) -> bytes | None:
        """Take one line, without its end; None at the end of the file."""
        while b"\n" not in self._buffer and not self._at_end:
            self._fill(len(self._buffer) + 1)
        if not self._buffer:
            return None
        line, end, _ = self._buffer.partition(b"\n")
        self._take(len(line) + len(end), 1)
        return line.rstrip(b"\r")

    def next(self, *, least_lines: int = 0) -> Block | None:
        """The next block that is not done, None at the end; with `least_lines` if there are as many."""
        while self._done and self._done[0].start <= self._position:
            self._pass_over(self._done.pop(0))
        limit = self._done[0].start - self._position if self._done else None
        most_lines = max(self._lines, least_lines)
        wanted = self._bytes
        while True:
            self._fill(wanted if limit is None else min(wanted, limit))
            if not self._buffer:
                return None
            end, is_closed = self._end(wanted, limit)
            lines = self._buffer.count(b"\n", 0, end)
            if end and (is_closed or lines >= least_lines):
                break
            wanted *= 2
        if lines > most_lines:
            end, lines, is_closed = _after_lines(self._buffer, most_lines), most_lines, False
        return self._block(end, lines, is_closed=is_closed)

    def give_back(self, block: Block, keep_lines: int) -> Block:
        """`block` with its first lines only; what follows comes with the next block. Not for a closed one."""
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
        self._take(end, lines)
        return Block(Span(start, start + end, lines), first_line, data, is_closed)

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

    def _take(self, size: int, lines: int) -> None:
        self._buffer = self._buffer[size:]
        self._position += size
        self._line += lines


def _after_lines(data: bytes, lines: int) -> int:
    """The position after so many lines, of which there are as many."""
    position = 0
    for _ in range(lines):
        position = data.index(b"\n", position) + 1
    return position
