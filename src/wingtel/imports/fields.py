"""Fields: a part of a file as columns of texts, whatever its format, and where each line stands."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import polars as pl

from .blocks import LONGEST_LINE, Block, Span
from .raw_lines import KeptText

LINE = "line"
"""The column with the number of the line."""
_LONGEST_REASON = 300
"""Characters: a reason quotes the value, which may be as long as the file."""


RawLines = Callable[[Sequence[int]], list[str]]
"""Gives the texts of some lines by their numbers."""


class Reject(NamedTuple):
    """A line that was rejected: where it starts, the text, the column at fault ("" for the whole line) and why."""

    line: int
    raw: str
    field: str
    reason: str


class UnreadableError(ValueError):
    """A line that is no usage record: `field` is the column at fault, "" for the line as a whole."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(shortened(reason))
        self.field = field

    @property
    def reason(self) -> str:
        """Return why, in words to show."""
        return str(self)


def shortened(reason: str) -> str:
    """Return a reason short enough to keep."""
    return reason if len(reason) <= _LONGEST_REASON else f"{reason[:_LONGEST_REASON]}…"


def field_names(count: int) -> list[str]:
    """Return what the columns of texts are called, by their position: names of a file may be empty, or come twice."""
    return [f"f{position}" for position in range(count)]


def fitting(text: pl.Expr, pattern: str) -> pl.Expr:
    """Return the texts that match a pattern, null for others."""
    return pl.when(text.str.contains(pattern)).then(text)


@dataclass
class FieldTable:
    """A part of a source. rows of `table` + rejects + blank are its data lines; they are numbered from `first_line`.

    `table` has the column `line` and the columns of `field_names`: no text is null or has a NUL. `raw` gives the texts
    of some lines by their numbers. `is_stripped` says that no text begins or ends with blanks. `size` is that of the
    texts in bytes, where the span does not tell it.
    """

    span: Span
    first_line: int
    table: pl.DataFrame
    raw: RawLines
    rejects: list[Reject] = field(default_factory=list)
    blank: int = 0
    is_stripped: bool = False
    size: int | None = None


def too_long(block: Block, columns: int, encoding: str) -> FieldTable:
    """Return a line that is too long as rejected."""
    first = block.first_line
    raw = KeptText.of(block.data, first, encoding)
    schema = {LINE: pl.Int64, **dict.fromkeys(field_names(columns), pl.String)}
    reject = Reject(first, raw([first])[0], "", f"more than {LONGEST_LINE} bytes; the first are kept")
    return FieldTable(block.span, first, pl.DataFrame(schema=schema), raw, [reject])


def reject_nul(fields: FieldTable, columns: Mapping[str, str]) -> None:
    """Reject the lines of which one of the texts has a NUL; `columns` are what the file calls them."""
    for name, column in columns.items():
        has_nul = fields.table[name].str.contains("\0", literal=True)
        if has_nul.any():
            lines = fields.table.filter(has_nul)[LINE].to_list()
            reason = "a NUL character, which PostgreSQL cannot keep"
            raws = zip(lines, fields.raw(lines), strict=True)
            fields.rejects = sorted([*fields.rejects, *(Reject(line, raw, column, reason) for line, raw in raws)])
            fields.table = fields.table.filter(~has_nul)
