"""NDJSON, one object on each line, as columns of texts: the members that the profile reads.

Numbers are read as they are written, never as floats. A number with an exponent is written out. The elements of a JSON
array are read as lines, numbered by their position from 1.
"""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from operator import attrgetter
from types import NoneType
from typing import Any, BinaryIO

import msgspec
import polars as pl

from .chunks import BYTE_ORDER_MARK, LONGEST_LINE, Chunk, ChunkReader
from .errors import SourceError
from .fields import (
    LINE,
    CompressedLines,
    FieldTable,
    Reject,
    UnreadableError,
    field_names,
    reject_nul,
    storable,
    too_long,
)
from .profiles import Profile
from .streams import READ_BYTES, pieces_of, stream_of

_BLANK = b" \t\r\n"
_ONE_LINE = bytes.maketrans(b"\r\n", b"  ")
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{},]', re.DOTALL)
"""A string, which may be cut off at the end of the data, or a mark outside of strings."""
_LARGEST_EXPONENT = 60
"""Largest exponent that is written out. A larger one might fill the memory: that number is rejected."""


def columns_of(profile: Profile) -> list[str]:
    """Return the members that the profile reads, each once, without its constants."""
    names = dict.fromkeys(str(column) for _, column in profile.columns())
    return [name for name in names if name not in profile.constants]


def read_tables(reader: ChunkReader, profile: Profile) -> Iterator[FieldTable]:
    """Yield the file, a table for each chunk. Empty lines are counted as blank."""
    reader.skip_byte_order_mark()
    members = _Members(profile)
    while chunk := reader.next():
        yield too_long(chunk, len(members.columns), "utf-8") if chunk.is_too_long else _table(chunk, members)


class _Members:
    """Members that a profile reads, by name or by path through nested objects, such as `data.bytes`."""

    def __init__(self, profile: Profile) -> None:
        self.columns = columns_of(profile)
        self._mark = profile.numbers.decimal
        self._amounts = {str(column) for column in profile.amounts()}
        roots = [path[0] for column in self.columns if len(path := column.split(".")) > 1]
        self._places = {name: f"m{place}" for place, name in enumerate(dict.fromkeys([*self.columns, *roots]))}
        members = [(place, Any, None) for place in self._places.values()]
        kind = msgspec.defstruct(
            "Members", members, rename={place: name for name, place in self._places.items()}, gc=False
        )
        self._decode = msgspec.json.Decoder(kind, float_hook=_Number).decode

    def decode(self, line: bytes) -> object:
        """Return the members of a line. Raises UnreadableError when the line is no JSON object."""
        try:
            return self._decode(line)
        except msgspec.ValidationError as error:
            raise UnreadableError("", "no JSON object") from error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise UnreadableError("", f"no JSON: {error}") from error

    def texts(self, objects: Sequence[object]) -> Iterator[pl.Series]:
        """Return the texts of each column."""
        for name, column in zip(field_names(len(self.columns)), self.columns, strict=True):
            values = list(map(attrgetter(self._places[column]), objects))
            if "." in column:
                root, *path = column.split(".")
                roots = map(attrgetter(self._places[root]), objects)
                pairs = zip(values, roots, strict=True)
                values = [_nested(whole, path) if value is None else value for value, whole in pairs]
            mark = self._mark if column in self._amounts else "."
            yield _texts(values, mark).alias(name)


class _Number(str):
    """A number with a fraction or an exponent, as it is written."""

    __slots__ = ()


def _table(chunk: Chunk, members: _Members) -> FieldTable:
    first = chunk.first_line
    raw = CompressedLines.of(chunk.data, first, "utf-8")
    result = FieldTable(chunk.byte_range, first, pl.DataFrame(), raw)
    lines = chunk.data.split(b"\n")[:-1]
    is_text = _is_text(chunk.data)
    objects, numbers = [], []
    for number, line in enumerate(lines, start=first):
        try:
            if not is_text:
                _check_text(line)
            objects.append(members.decode(line))
            numbers.append(number)
        except UnreadableError as problem:
            if line.strip():
                result.rejects.append(Reject(number, storable(line.rstrip(b"\r"), "utf-8"), "", problem.reason))
            else:
                result.blank += 1
    result.table = pl.DataFrame([*members.texts(objects), pl.Series(LINE, numbers, pl.Int64)])
    if rb"\u0000" in chunk.data:
        reject_nul(result, dict(zip(field_names(len(members.columns)), members.columns, strict=True)))
    return result


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _check_text(line: bytes) -> None:
    try:
        line.decode()
    except UnicodeDecodeError as error:
        bad = line[error.start : error.start + 1].hex()
        raise UnreadableError("", f"byte {error.start + 1} (0x{bad}) is not utf-8") from error


def _nested(value: object, path: Sequence[str]) -> object:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _texts(values: list[Any], mark: str) -> pl.Series:
    """Return the texts of values. Numbers get the decimal mark that the profile reads."""
    kinds = set(map(type, values))
    if not kinds <= {str, NoneType}:
        values = [value if type(value) is str else _text(value, mark) for value in values]
    return pl.Series(values, dtype=pl.String).fill_null("")


def _text(value: object, mark: str) -> str | None:
    if isinstance(value, _Number):
        return written_out(value).replace(".", mark)
    if isinstance(value, bool | dict | list):
        return msgspec.json.encode(value).decode()
    return None if value is None else str(value)


def written_out(number: str) -> str:
    """Return the exact number without an exponent."""
    digits, _, exponent = number.lower().partition("e")
    if not exponent or len(exponent) > 4 or abs(int(exponent)) > _LARGEST_EXPONENT or len(digits) > _LARGEST_EXPONENT:
        return str(number)
    return f"{Decimal(number):f}"


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
