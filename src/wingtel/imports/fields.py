"""What a reader of some format makes of a part of a source: columns of texts, and where each line stands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import polars as pl

from .blocks import Span

LINE = "line"
"""The column with the number of the line."""


RawLines = Callable[[Sequence[int]], list[str]]
"""Gives the texts of some lines by their numbers."""


class Reject(NamedTuple):
    """A line that was refused: where it starts, the text, the column at fault ("" for the whole line) and
    why.
    """

    line: int
    raw: str
    field: str
    reason: str


def field_names(count: int) -> list[str]:
    """What the columns of texts are called, by their position: names of a file may be empty, or come twice."""
    return [f"f{position}" for position in range(count)]


@dataclass
class FieldTable:
    """A part of a source. rows of `table` + rejects + blank are its data lines; they are numbered from `first_line`.

    `table` has the column `line` and the columns of `field_names`, none of them null. `raw` gives the texts of some
    lines by their numbers. `is_stripped` says that no text begins or ends with blanks.
    """

    span: Span
    first_line: int
    table: pl.DataFrame
    raw: RawLines
    rejects: list[Reject] = field(default_factory=list)
    blank: int = 0
    is_stripped: bool = False
