"""Quantities: how much was used, exactly, rounded once to whole kilobytes or seconds."""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction

import polars as pl

from wingtel.usage.ranges import LARGEST_QUANTITY

from ..columns import Columns
from ..fields import fitting
from ..profile_schema import Quantity
from .base import Value

_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?", re.ASCII)
_PLAIN = r"^[0-9]{1,12}(?:\.[0-9]{1,6})?$"
_SCALE = 1_000_000
"""Parts of a unit that a decimal quantity is read in."""
_LARGEST_PLAIN = 10**15
_ROUNDINGS: dict[str, Callable[[Fraction], int]] = {"up": math.ceil, "down": math.floor, "half_even": round}


class QuantityValue(Value):
    """The sum of columns in whole kilobytes or seconds. With `blank_is_zero`, an empty column counts as zero."""

    dtype = pl.Int64()

    def __init__(self, quantity: Quantity, columns: Columns, *, blank_is_zero: bool) -> None:
        super().__init__(columns, quantity.columns)
        self._factor = quantity.factor
        self._rounding = quantity.rounding
        self._blank_is_zero = blank_is_zero

    def expressions(self) -> Iterator[pl.Expr]:
        """Read whole numbers, then decimals of a usual length."""
        texts = [pl.col(text) for text in self.texts]
        if self._blank_is_zero:
            texts = [pl.when(text == "").then(pl.lit("0")).otherwise(text) for text in texts]
        whole = [text.cast(pl.Int64, strict=False) for text in texts]
        whole = [pl.when(number.is_between(0, _LARGEST_PLAIN)).then(number) for number in whole]
        if self._factor == 1 and len(texts) == 1:
            yield whole[0]
        else:
            yield self._converted(_total(whole), self._factor)
        decimals = [fitting(text, _PLAIN).cast(pl.Decimal(38, 6), strict=False) for text in texts]
        parts = [(decimal * _SCALE).cast(pl.Int64, strict=False) for decimal in decimals]
        yield self._converted(_total(parts), self._factor / _SCALE)

    def read(self, *texts: str) -> int:
        """Read any number that a record can hold."""
        blank = "0" if self._blank_is_zero else ""
        total = sum((Fraction(read_number(text or blank)) for text in texts), Fraction(0))
        amount = _ROUNDINGS[self._rounding](total * self._factor)
        if amount > LARGEST_QUANTITY:
            raise ValueError(f"{' + '.join(text or blank for text in texts)} is more than {LARGEST_QUANTITY}")
        return amount

    def _converted(self, amount: pl.Expr, factor: Fraction) -> pl.Expr:
        """Return amount * factor, exactly, rounded; null beyond 64 bits."""
        times, over = factor.numerator, factor.denominator
        scaled = amount * times if times != 1 else amount
        if over != 1:
            scaled = rounded_quotient(scaled, over, self._rounding)
        return scaled.cast(pl.Int64, strict=False)


def read_number(text: str) -> Decimal:
    """Return a decimal number that is not negative. Raises ValueError, with a reason to show, for anything else."""
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{_shown(text)} is no number" if text else "empty")
    number = Decimal(text)
    if number < 0:
        raise ValueError(f"{text} is negative")
    return number


def rounded_quotient(amount: pl.Expr, over: int, rounding: str) -> pl.Expr:
    """Return amount / over of wide integers that are not negative, rounded up, down or half_even."""
    if rounding == "up":
        return (amount + (over - 1)) // over
    whole = amount // over
    if rounding == "down":
        return whole
    twice = (amount - whole * over) * 2
    is_up = (twice > over) | ((twice == over) & (whole % 2 == 1))
    return whole + is_up.cast(pl.Int128)


def _total(parts: Sequence[pl.Expr]) -> pl.Expr:
    """Return the sum as a wide integer, null where a part is."""
    total = parts[0].cast(pl.Int128)
    for part in parts[1:]:
        total = total + part.cast(pl.Int128)
    return total


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}…")
