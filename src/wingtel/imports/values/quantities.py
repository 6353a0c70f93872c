"""Quantities: the quantity used, computed exactly, and rounded once to whole units."""

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import reduce
from operator import add

import polars as pl

from wingtel.rating.tariffs import rounded_quotient
from wingtel.usage.ranges import LARGEST_QUANTITY

from ..columns import Columns
from ..profile_schema import Quantity
from .base import Value
from .numbers import SCALE, Amounts, Durations, Nonzero, Numbers

_ROUNDINGS: dict[str, Callable[[Fraction], int]] = {"up": math.ceil, "down": math.floor, "half_even": round}


class QuantityValue(Value):
    """The weighted sum of columns in whole units of the usage type, or in `parts` of these.

    With `blank_is_zero`, an empty column counts as zero.
    """

    dtype = pl.Int64()

    def __init__(
        self, quantity: Quantity, columns: Columns, numbers: Numbers, *, blank_is_zero: bool = False, parts: int = 1
    ) -> None:
        super().__init__(columns, [column for column, _ in quantity.weighted])
        self._weights = [weight for _, weight in quantity.weighted]
        self._amounts: Amounts = Durations(quantity.unit) if ":" in quantity.unit else numbers
        self._factor = quantity.factor * parts
        self._largest = LARGEST_QUANTITY * parts
        self._rounding = quantity.rounding
        self._blank_is_zero = blank_is_zero
        self.nonzero = Nonzero(self.texts, self._amounts.zeros)

    def expressions(self) -> Iterator[pl.Expr]:
        """Yield an expression for whole amounts, then one for decimals of a usual length."""
        if not self.texts:
            yield pl.lit(self._factor.numerator, pl.Int64)
            return
        whole = self._each(self._amounts.whole)
        if self._factor == 1 and self._weights == [1]:
            yield self._within(whole[0])
        else:
            yield self._converted(whole, self._factor)
        yield self._converted(self._each(self._amounts.millionths), self._factor / SCALE)

    def read(self, *texts: str) -> int:
        """Return the quantity of any amounts, one unit without columns.

        Raises ValueError when the sum is too large for a record.
        """
        if not self.texts:
            return self._factor.numerator
        amounts = [Fraction(self._amounts.read(text)) if text or not self._blank_is_zero else 0 for text in texts]
        total = sum(amount * weight for amount, weight in zip(amounts, self._weights, strict=True)) * self._factor
        quantity = _ROUNDINGS[self._rounding](max(total, -total))  # a credit is rounded as the charge it reverses
        if quantity > self._largest:
            raise ValueError(f"{' + '.join(texts)} is more than {LARGEST_QUANTITY}")
        return quantity if total >= 0 else -quantity

    def _each(self, read: Callable[[pl.Expr], pl.Expr]) -> list[pl.Expr]:
        texts = [pl.col(text) for text in self.texts]
        if not self._blank_is_zero:
            return [read(text) for text in texts]
        return [pl.when(text == "").then(pl.lit(0, pl.Int64)).otherwise(read(text)) for text in texts]

    def _converted(self, amounts: list[pl.Expr], factor: Fraction) -> pl.Expr:
        """Return the exact sum of amounts * factor, rounded. It is null if an amount is, or if it is too large."""
        wide = [amount.cast(pl.Int128) for amount in amounts]
        weighted = [
            amount * pl.lit(weight, pl.Int128) if weight != 1 else amount
            for amount, weight in zip(wide, self._weights, strict=True)
        ]
        total = reduce(add, weighted)
        numerator, denominator = factor.numerator, factor.denominator
        scaled = total * numerator if numerator != 1 else total
        if denominator != 1:
            scaled = rounded_quotient(scaled, denominator, self._rounding)
        return self._within(scaled).cast(pl.Int64)

    def _within(self, quantity: pl.Expr) -> pl.Expr:
        return pl.when(quantity <= self._largest).then(quantity)
