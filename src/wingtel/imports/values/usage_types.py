"""Usage types: data or voice, both, or a line to skip."""

from collections.abc import Iterator

import polars as pl

from wingtel.usage.models import UsageType

from ..columns import Columns
from ..profiles import Profile
from .base import Value

BOTH, SKIP = "both", "skip"


class UsageTypeValue(Value):
    """The usage type of a line, BOTH, or SKIP."""

    dtype = pl.Enum([*UsageType.values, BOTH, SKIP])

    def __init__(self, profile: Profile, columns: Columns) -> None:
        types = profile.usage_types
        self._constant = types.constant
        self._by_quantity = types.by_quantity
        self._values = {value: str(kind) if kind else SKIP for value, kind in types.values.items()}
        quantities = [column for quantity in profile.quantities.values() for column in quantity.columns]
        super().__init__(columns, quantities if types.by_quantity else [types.column] if types.column else [])

    def expressions(self) -> Iterator[pl.Expr]:
        """Read all that is listed."""
        if self._by_quantity:
            yield pl.when(is_used(self.texts)).then(pl.lit(BOTH, self.dtype)).otherwise(pl.lit(SKIP, self.dtype))
        elif self._constant:
            yield pl.lit(str(self._constant), self.dtype)
        else:
            yield pl.col(self.texts).replace_strict(self._values, default=None, return_dtype=self.dtype)

    def read(self, *texts: str) -> str:
        """Read any."""
        if self._by_quantity:
            return BOTH if any(text.strip("0.") for text in texts) else SKIP
        if self._constant:
            return str(self._constant)
        (text,) = texts
        if text not in self._values:
            raise ValueError(f"unknown usage type {text!r}")
        return self._values[text]


def is_used(texts: list[str]) -> pl.Expr:
    """Tell which rows have a quantity that is neither empty nor zero."""
    return pl.any_horizontal(pl.col(texts).str.strip_chars("0.") != "")
