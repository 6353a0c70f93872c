"""Reading the quantities and prices of a feed, exactly."""

import math
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction

from wingtel.usage.ranges import LARGEST_PRICE, LARGEST_QUANTITY

from .profiles import Quantity

_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?", re.ASCII)


def read_number(text: str) -> Decimal:
    """A decimal number that is not negative. Raises ValueError, with a reason to show, for anything else."""
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{_shown(text)} is no number" if text else "empty")
    number = Decimal(text)
    if number < 0:
        raise ValueError(f"{text} is negative")
    return number


def read_price(text: str, *, is_rounded: bool = False) -> Decimal:
    """A price in the operator's currency, rounded half to even to 4 decimals if so told.

    Raises ValueError for more than 4 decimals, rather than to round money unasked.
    """
    price = read_number(text)
    rounded = round(price, 4)
    if price != rounded and not is_rounded:
        raise ValueError(f"{text} has more than 4 decimals")
    return checked_price(price if price == rounded else rounded)


def checked_price(price: Decimal) -> Decimal:
    """`price` when a record can hold it; else raises ValueError."""
    if price > LARGEST_PRICE:
        raise ValueError(f"{price} is more than {LARGEST_PRICE}")
    return price


def quantity_reader(quantity: Quantity) -> Callable[[Sequence[str]], int]:
    """A function that adds up the texts of the columns and converts to whole kilobytes or seconds, rounded once.

    It raises ValueError, with a reason to show.
    """
    factor = units_per(quantity)
    roundings: dict[str, Callable[[Fraction], int]] = {"up": math.ceil, "down": math.floor, "half_even": round}
    rounded = roundings[quantity.rounding]

    def read(texts: Sequence[str]) -> int:
        amount = rounded(sum((Fraction(read_number(text)) for text in texts), Fraction(0)) * factor)
        if amount > LARGEST_QUANTITY:
            raise ValueError(f"{' + '.join(texts)} is more than {LARGEST_QUANTITY}")
        return amount

    return read


def units_per(quantity: Quantity) -> Fraction:
    """How many kilobytes, or seconds, one of the profile's units is."""
    powers = {"bytes": -1, "kilobytes": 0, "megabytes": 1, "gigabytes": 2}
    if quantity.unit in powers:
        return Fraction(quantity.kilobyte) ** powers[quantity.unit]
    return Fraction({"seconds": 1, "minutes": 60}[quantity.unit])


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}…")
