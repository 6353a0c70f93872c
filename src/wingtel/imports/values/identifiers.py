"""Identifiers: the identifier of a line's subscription."""

from collections.abc import Iterator

import polars as pl

from wingtel.aggregates.validation import LARGEST_ID
from wingtel.ingest.batch import Lookup

from ..columns import Columns
from ..fields import fitting
from ..profile_schema import IdentifierSource
from .base import Value, storable


class IdentifierValue(Value):
    """Identifier of the subscription (an id, a phone number, a device id), as it is written."""

    dtype = pl.String()

    def __init__(self, source: IdentifierSource, columns: Columns) -> None:
        super().__init__(columns, [source.column])
        self._by = source.by

    def expressions(self) -> Iterator[pl.Expr]:
        """Yield an expression for short texts; for ids, of 18 digits at most."""
        (text,) = map(pl.col, self.texts)
        yield fitting(text, "^[0-9]{1,18}$") if self._by is Lookup.ID else storable(text, self._by.longest)

    def read(self, *texts: str) -> str:
        """Return any identifier. Raises ValueError for an empty or too long text, and for one that is no id."""
        (text,) = texts
        by = self._by
        if not text:
            raise ValueError("empty")
        if len(text) > by.longest:
            raise ValueError(f"the {by.words} has {len(text)} characters, more than {by.longest}")
        if by is Lookup.ID and not (text.isascii() and text.isdecimal() and int(text) <= LARGEST_ID):
            raise ValueError(f"{text!r} is no {by.words}")
        return text
