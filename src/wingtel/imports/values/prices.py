"""Prices: those that stand on the line."""

from collections.abc import Iterator
from decimal import Decimal

import polars as pl

from wingtel.usage.ranges import LARGEST_PRICE

from ..columns import Columns
from ..fields import fitting
from ..profile_schema import Column
from .base import Value
from .numbers import Numbers

UNRATED = Decimal(-1)
"""The price of a record that a tariff has yet to rate."""
PRICES = pl.Decimal(14, 4)
_PLAIN = r"^[0-9]{1,10}(?:\.[0-9]{1,4}0*)?$"


class PriceValue(Value):
    """The price of a record of one usage type, in the operator's currency; UNRATED where the profile has a tariff."""

    dtype = PRICES

    def __init__(self, column: Column | None, columns: Columns, numbers: Numbers, *, is_rounded: bool = False) -> None:
        super().__init__(columns, [] if column is None else [column])
        self._numbers = numbers
        self._is_rounded = is_rounded

    def expressions(self) -> Iterator[pl.Expr]:
        """Read plain decimals."""
        if self.texts:
            (text,) = map(pl.col, self.texts)
            yield fitting(self._numbers.plain(text), _PLAIN).cast(PRICES, strict=False)
        else:
            yield pl.lit(UNRATED, PRICES)

    def read(self, *texts: str) -> Decimal:
        """Read any that is exact, or is to be rounded half to even: money is never rounded unasked."""
        if not texts:
            return UNRATED
        (text,) = texts
        price = self._numbers.read(text)
        rounded = round(price, 4)
        if price != rounded and not self._is_rounded:
            raise ValueError(f"{text} has more than 4 decimals")
        return checked_price(price if price == rounded else rounded)


def checked_price(price: Decimal) -> Decimal:
    """Return the price. Raises ValueError when a record cannot hold it."""
    if price > LARGEST_PRICE:
        raise ValueError(f"{price} is more than {LARGEST_PRICE}")
    return price
