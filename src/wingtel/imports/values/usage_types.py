"""Usage types: data or voice, both, or a line to skip."""

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import islice
from operator import or_

import polars as pl

from wingtel.usage.models import UsageType

from ..columns import Columns
from ..fields import UnreadableError
from ..profile_schema import UsageTypes
from .base import Value
from .numbers import Nonzero

ANY, SKIP = "any", "skip"
KINDS = pl.Enum([*UsageType.values, ANY, SKIP])


class UsageTypeValue(Value):
    """Usage type of a line, or SKIP."""

    dtype = KINDS

    def __init__(self, types: UsageTypes, columns: Columns) -> None:
        super().__init__(columns, [] if types.column is None else [types.column])
        self._constant = types.constant
        self._values = {value: str(kind) if kind else SKIP for value, kind in types.values.items()}

    def expressions(self) -> Iterator[pl.Expr]:
        """Yield an expression for the listed values."""
        if self._constant:
            yield pl.lit(str(self._constant), self.dtype)
        else:
            yield pl.col(self.texts).replace_strict(self._values, default=None, return_dtype=self.dtype)

    def read(self, *texts: str) -> str:
        """Return the usage type of any text. Raises ValueError for an unlisted text."""
        if self._constant:
            return str(self._constant)
        (text,) = texts
        if text not in self._values:
            raise ValueError(f"unknown usage type {text!r}")
        return self._values[text]


class UsageByQuantity(Value):
    """ANY if one of the `used` columns is not zero, else SKIP. A line with a `charge` alone is rejected."""

    dtype = KINDS

    def __init__(
        self, columns: Columns, used: Sequence[Nonzero], charge: Nonzero | None = None, charge_label: str = ""
    ) -> None:
        super().__init__(columns, [])
        self._used = used
        self._charge = charge
        self._charge_label = charge_label
        self.texts = [text for each in (*used, *([charge] if charge else [])) for text in each.texts]

    def expressions(self) -> Iterator[pl.Expr]:
        """Yield an expression for all lines but those with a charge alone."""
        skip = pl.lit(SKIP, self.dtype)
        if self._charge:
            skip = pl.when(~self._charge.expression()).then(skip)
        yield (
            pl.when(reduce(or_, (each.expression() for each in self._used)))
            .then(pl.lit(ANY, self.dtype))
            .otherwise(skip)
        )

    def read(self, *texts: str) -> str:
        """Return ANY or SKIP. Raises UnreadableError for a charge alone."""
        remaining = iter(texts)
        used = [each.read(islice(remaining, len(each.texts))) for each in self._used]
        if any(used):
            return ANY
        if self._charge and self._charge.read(charges := list(remaining)):
            raise UnreadableError(
                self._charge_label, f"{charges[0]} is charged without usage; price.of_neither would say for which type"
            )
        return SKIP
