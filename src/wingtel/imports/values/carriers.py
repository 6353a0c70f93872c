"""Carriers: who carries a subscription, where one has to be created."""

from collections.abc import Iterator

import polars as pl

from wingtel.subscriptions.models import Carrier

from ..columns import Columns
from ..profile_schema import CarrierSource
from .base import Value

CARRIERS = pl.Enum([*Carrier.values, ""])


class CarrierValue(Value):
    """The carrier of a line, "" where the profile says none."""

    dtype = CARRIERS

    def __init__(self, source: CarrierSource | None, columns: Columns) -> None:
        column = source.column if source else None
        super().__init__(columns, [] if column is None else [column])
        self._constant = str(source.constant) if source and source.constant else ""
        self._values = {value: str(carrier) for value, carrier in source.values.items()} if source else {}

    def expressions(self) -> Iterator[pl.Expr]:
        """Read all that is listed."""
        if self.texts:
            yield pl.col(self.texts).replace_strict(self._values, default=None, return_dtype=CARRIERS)
        else:
            yield pl.lit(self._constant, CARRIERS)

    def read(self, *texts: str) -> str:
        """Read any."""
        if not texts:
            return self._constant
        (text,) = texts
        if text not in self._values:
            raise ValueError(f"unknown carrier {text!r}")
        return self._values[text]
