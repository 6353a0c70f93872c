"""Prices: the prices on the lines."""

from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import polars as pl

from wingtel.ingest.batch import PRICES
from wingtel.rating.tariffs import rounded_quotient
from wingtel.usage.models import UsageType
from wingtel.usage.ranges import LARGEST_PRICE, PRICE_DECIMALS

from ..columns import Columns
from ..fields import fitting
from ..profile_schema import Column, Shares
from .base import Value
from .numbers import Nonzero, Numbers

UNRATED = Decimal(-1)
"""Price of a record that is not rated yet."""
_PARTS = 10**PRICE_DECIMALS
_UNIT = Decimal(1) / _PARTS
_PLAIN = rf"^[0-9]{{1,10}}(?:\.[0-9]{{1,{PRICE_DECIMALS}}}0*)?$"


class PriceValue(Value):
    """Price of a record of one usage type, in the operator's currency; UNRATED if the profile has a tariff."""

    dtype = PRICES

    def __init__(self, column: Column | None, columns: Columns, numbers: Numbers, *, is_rounded: bool = False) -> None:
        super().__init__(columns, [] if column is None else [column])
        self._numbers = numbers
        self._is_rounded = is_rounded
        self.nonzero = Nonzero(list(self.texts), numbers.zeros)

    def expressions(self) -> Iterator[pl.Expr]:
        """Yield an expression for plain decimals."""
        if self.texts:
            text = pl.col(self.texts[0])
            yield fitting(self._numbers.plain(text), _PLAIN).cast(PRICES, strict=False)
        else:
            yield pl.lit(UNRATED, PRICES)

    def read(self, *texts: str) -> Decimal:
        """Return any price.

        Raises ValueError when it has too many decimals and the profile does not round, or when it is too large.
        """
        if not texts:
            return UNRATED
        price = self._numbers.read(texts[0])
        rounded = round(price, PRICE_DECIMALS)
        if price != rounded and not self._is_rounded:
            raise ValueError(f"{texts[0]} has more than {PRICE_DECIMALS} decimals")
        return checked_price(price if price == rounded else rounded)


class SharedPriceValue(PriceValue):
    """Share of one usage type in a line's price: all of it, unless the line is of the `other` type as well.

    Then `rule` gives it to one type, or a share to each. The share of data is rounded half to even; voice has the rest.
    """

    def __init__(self, whole: PriceValue, kind: UsageType, other: Nonzero, rule: UsageType | Shares) -> None:
        self._whole = whole
        self.label = whole.label
        self.texts = [*whole.texts, *other.texts]
        self.nonzero = whole.nonzero
        self._other = other
        self._is_rest = kind is UsageType.VOICE
        share = {UsageType.DATA: "1", UsageType.VOICE: "0"}[rule] if isinstance(rule, UsageType) else rule.data
        self._share = Decimal(share)

    def expressions(self) -> Iterator[pl.Expr]:
        """Yield an expression for plain decimals."""
        for price in self._whole.expressions():
            units = (price.cast(pl.Decimal(38, PRICE_DECIMALS)) * _PARTS).cast(pl.Int128)
            share = Fraction(self._share)
            shared = rounded_quotient(units * share.numerator, share.denominator, "half_even")
            shared = ((units - shared) if self._is_rest else shared).cast(pl.Decimal(38, 0)) * pl.lit(
                _UNIT, pl.Decimal(38, PRICE_DECIMALS)
            )
            yield pl.when(self._other.expression()).then(shared.cast(PRICES, strict=False)).otherwise(price)

    def read(self, *texts: str) -> Decimal:
        """Return the share in any price of the whole line. Raises ValueError as for that price."""
        price = self._whole.read(texts[0])
        if not self._other.read(texts[1:]):
            return price
        shared = (price * self._share).quantize(_UNIT, ROUND_HALF_EVEN)
        return price - shared if self._is_rest else shared


def checked_price(price: Decimal) -> Decimal:
    """Return the price. Raises ValueError when it is too large for a record."""
    if abs(price) > LARGEST_PRICE:
        raise ValueError(f"{price} is more than {LARGEST_PRICE}")
    return price
