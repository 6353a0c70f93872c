"""JSON arrays of records as NDJSON: each element becomes a line, numbered by its position from 1."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from .chunks import BYTE_ORDER_MARK, LONGEST_LINE
from .errors import SourceError
from .streams import READ_BYTES, pieces_of, stream_of

_BLANK = b" \t\r\n"
_ONE_LINE = bytes.maketrans(b"\r\n", b"  ")
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{},]', re.DOTALL)
"""A string, which may be cut off at the end of the data, or a mark outside of strings."""


def as_lines(stream: BinaryIO) -> BinaryIO:
    """Return the stream; if it holds one JSON array, with a line for each element.

    Reading raises SourceError when the array has no end, or something follows it.
    """
    start = b""
    while more := stream.read(READ_BYTES):
        start += more
        if start.removeprefix(BYTE_ORDER_MARK).strip(_BLANK) or len(start) > LONGEST_LINE:
            break
    content = start.removeprefix(BYTE_ORDER_MARK).lstrip(_BLANK)
    return stream_of(_elements(content[1:], stream) if content.startswith(b"[") else pieces_of(stream, start))


def _elements(data: bytes, stream: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of the elements, as they are complete. `data` is what follows the opening bracket."""
    while True:
        lines, data, is_closed = _completed(data)
        yield b"".join(lines)
        if is_closed:
            break
        if len(data) > LONGEST_LINE:
            raise SourceError(f"an element of the JSON array has more than {LONGEST_LINE} bytes")
        if not (more := stream.read(READ_BYTES)):
            raise SourceError("the JSON array has no end: it is truncated or damaged")
        data += more
    while not data.strip(_BLANK):
        if not (data := stream.read(READ_BYTES)):
            return
    raise SourceError("something follows the JSON array")


def _completed(data: bytes) -> tuple[list[bytes], bytes, bool]:
    """Return a line for each element that ends in the data, the rest of the data, and True if the array ends."""
    lines: list[bytes] = []
    begin = depth = 0
    for token in _TOKEN.finditer(data):
        mark = token[0]
        if mark in {b"[", b"{"}:
            depth += 1
        elif mark in {b"]", b"}"}:
            depth -= 1
            if depth < 0:
                last = data[begin : token.start()]
                lines += [_line(last)] if last.strip(_BLANK) else []
                return lines, data[token.end() :], True
        elif mark == b"," and not depth:
            lines.append(_line(data[begin : token.start()]))
            begin = token.end()
    return lines, data[begin:], False


def _line(element: bytes) -> bytes:
    """Return the line of an element; "," for an empty one, since an empty line would not be rejected."""
    return (element.translate(_ONE_LINE).strip(_BLANK) or b",") + b"\n"
