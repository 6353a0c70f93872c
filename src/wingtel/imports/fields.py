"""Fields: a chunk of a file of any format as columns of texts, with the number and the raw text of each line."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import polars as pl
import zstandard

from .chunks import LONGEST_LINE, ByteRange, Chunk

LINE = "line"
"""Column with the number of the line."""
_LONGEST_REASON = 300
"""Most characters of a reason: it quotes the value, which may be as long as the file."""


@dataclass(frozen=True)
class CompressedLines:
    """Compressed lines of a file. Called with the numbers of lines, it returns their texts for people to read.

    `several` has the records over several lines: the number of the first line and the number of lines.
    """

    compressed: pl.Series
    first_line: int
    encoding: str
    several: Mapping[int, int]

    @classmethod
    def of(
        cls, data: bytes, first_line: int, encoding: str, several: Mapping[int, int] | None = None
    ) -> "CompressedLines":
        """Compress whole lines, each with its line feed."""
        # In the memory of Polars: in that of Python it would fragment what is freed around it.
        compressed = pl.Series([zstandard.ZstdCompressor(level=1).compress(data)], dtype=pl.Binary)
        return cls(compressed, first_line, encoding, several or {})

    def __call__(self, numbers: Sequence[int]) -> list[str]:
        """Return the texts in the order of the numbers."""
        if not numbers:
            return []
        data = zstandard.ZstdDecompressor().decompress(self.compressed[0])
        lines = with_line_feeds(data).split(b"\n")
        starts = [(number - self.first_line, self.several.get(number, 1)) for number in numbers]
        return [storable(b"\n".join(lines[start : start + count]), self.encoding) for start, count in starts]


def with_line_feeds(data: bytes) -> bytes:
    """Return the lines without the carriage returns at their ends."""
    if b"\r" not in data:
        return data
    data = data.replace(b"\r\n", b"\n")
    return re.sub(rb"\r+\n", b"\n", data) if b"\r\n" in data else data


def storable(line: bytes, encoding: str) -> str:
    """Return the text of a line for people to read, with escapes for NUL and for bytes not of the encoding."""
    return line.decode(encoding, errors="backslashreplace").replace("\0", r"\x00")


RawLines = Callable[[Sequence[int]], list[str]]
"""A function that returns the texts of lines by their numbers."""


class Reject(NamedTuple):
    """A rejected line: its number, its text, the column at fault ("" for the whole line) and the reason."""

    line: int
    raw: str
    field: str
    reason: str


class UnreadableError(ValueError):
    """A line that is not a usage record. `field` is the column at fault, "" for the whole line."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(shortened(reason))
        self.field = field

    @property
    def reason(self) -> str:
        """Reason, in words to show."""
        return str(self)


def shortened(reason: str) -> str:
    """Return a reason that is short enough to store."""
    return reason if len(reason) <= _LONGEST_REASON else f"{reason[:_LONGEST_REASON]}…"


def field_names(count: int) -> list[str]:
    """Return names of columns by their position: the names in a file may be empty, or there twice."""
    return [f"f{position}" for position in range(count)]


def fitting(text: pl.Expr, pattern: str) -> pl.Expr:
    """Return the texts that match a pattern, and null for others."""
    return pl.when(text.str.contains(pattern)).then(text)


@dataclass
class FieldTable:
    """Fields of a chunk. Rows of `table` + rejects + blank are its data lines, numbered from `first_line`.

    `table` has the column `line` and the columns of `field_names`. No text is null or has a NUL. `raw` returns the
    texts of lines by their numbers. `is_stripped`: no text begins or ends with blanks. `size` is that of the texts in
    bytes, or None where the byte range gives it.
    """

    byte_range: ByteRange
    first_line: int
    table: pl.DataFrame
    raw: RawLines
    rejects: list[Reject] = field(default_factory=list)
    blank: int = 0
    is_stripped: bool = False
    size: int | None = None


def too_long(chunk: Chunk, columns: int, encoding: str) -> FieldTable:
    """Return a chunk that is one too long line as a rejected line."""
    first = chunk.first_line
    raw = CompressedLines.of(chunk.data, first, encoding)
    schema = {LINE: pl.Int64, **dict.fromkeys(field_names(columns), pl.String)}
    reject = Reject(first, raw([first])[0], "", f"more than {LONGEST_LINE} bytes; the first are kept")
    return FieldTable(chunk.byte_range, first, pl.DataFrame(schema=schema), raw, [reject])


def reject_nul(fields: FieldTable, columns: Mapping[str, str]) -> None:
    """Reject the lines with a NUL in one of the texts. `columns` are their names in the file."""
    for name, column in columns.items():
        has_nul = fields.table[name].str.contains("\0", literal=True)
        if has_nul.any():
            lines = fields.table.filter(has_nul)[LINE].to_list()
            reason = "a NUL character, which PostgreSQL cannot keep"
            raws = zip(lines, fields.raw(lines), strict=True)
            fields.rejects = sorted([*fields.rejects, *(Reject(line, raw, column, reason) for line, raw in raws)])
            fields.table = fields.table.filter(~has_nul)
