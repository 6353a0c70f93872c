"""Usage types: data or voice, both, or a line to skip."""

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import islice
from operator import or_

import polars as pl

from wingtel.usage.models import UsageType

from ..columns import Columns
from ..profile_schema import UsageTypes
from .base import Value
from .quantities import QuantityValue

BOTH, SKIP = "both", "skip"


class UsageTypeValue(Value):
    """The usage type of a line, or SKIP; by quantity, BOTH where there is any."""

    dtype = pl.Enum([*UsageType.values, BOTH, SKIP])

    def __init__(self, types: UsageTypes, columns: Columns, quantities: Sequence[QuantityValue]) -> None:
        super().__init__(columns, [] if types.column is None else [types.column])
        self._constant = types.constant
        self._quantities = quantities if types.by_quantity else ()
        self._values = {value: str(kind) if kind else SKIP for value, kind in types.values.items()}
        self.texts += [text for quantity in self._quantities for text in quantity.texts]

    def expressions(self) -> Iterator[pl.Expr]:
        """Read all that is listed."""
        if self._quantities:
            is_any = reduce(or_, (quantity.is_used() for quantity in self._quantities))
            yield pl.when(is_any).then(pl.lit(BOTH, self.dtype)).otherwise(pl.lit(SKIP, self.dtype))
        elif self._constant:
            yield pl.lit(str(self._constant), self.dtype)
        else:
            yield pl.col(self.texts).replace_strict(self._values, default=None, return_dtype=self.dtype)

    def read(self, *texts: str) -> str:
        """Read any."""
        if self._quantities:
            given = iter(texts)
            used = [each.are_used(*islice(given, len(each.texts))) for each in self._quantities]
            return BOTH if any(used) else SKIP
        if self._constant:
            return str(self._constant)
        (text,) = texts
        if text not in self._values:
            raise ValueError(f"unknown usage type {text!r}")
        return self._values[text]
