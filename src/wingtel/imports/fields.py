"""Fields: a chunk of a file of any format as columns of texts, with the number of each line."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import polars as pl

from .chunks import LONGEST_LINE, ByteRange, Chunk
from .raw_lines import CompressedLines

LINE = "line"
"""Column with the number of the line."""
_LONGEST_REASON = 300
"""Most characters of a reason: it quotes the value, which may be as long as the file."""


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
