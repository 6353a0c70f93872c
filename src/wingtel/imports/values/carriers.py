"""Carriers: the carrier of a subscription that may have to be created."""

from collections.abc import Iterator

import polars as pl

from ..columns import Columns
from ..profile_schema import CarrierSource
from .base import Value, storable

_LONGEST = 10
"""Longest code of a carrier, in characters."""


class CarrierValue(Value):
    """Carrier of a line, "" if the profile has none."""

    dtype = pl.String()

    def __init__(self, source: CarrierSource | None, columns: Columns) -> None:
        column = source.column if source else None
        super().__init__(columns, [] if column is None else [column])
        self._constant = str(source.constant) if source and source.constant else ""
        self._values = source.values if source else {}

    def expressions(self) -> Iterator[pl.Expr]:
        """Yield an expression for the listed texts, or for all short texts if none are listed."""
        if not self.texts:
            yield pl.lit(self._constant, pl.String)
        elif self._values:
            yield pl.col(self.texts).replace_strict(self._values, default=None, return_dtype=pl.String)
        else:
            yield storable(pl.col(self.texts[0]), _LONGEST)

    def read(self, *texts: str) -> str:
        """Return the code of any carrier. Raises ValueError for an empty or unlisted text."""
        if not texts:
            return self._constant
        (text,) = texts
        if not text:
            raise ValueError("empty")
        if self._values and text not in self._values:
            raise ValueError(f"unknown carrier {text!r}")
        return self._values.get(text, text)
