"""The range of one usage record or adjustment. Sums of them have no limit that any number of records could reach."""

from decimal import Decimal

LARGEST_QUANTITY = 10**15
"""Kilobytes or seconds, of either sign. At 100 Gbit/s a session takes two and a half years to come to so much.

It is below 2^53, so every reader of JSON has it exactly. The raw tables and `usage_adjustment` check it.
"""

PRICE_DIGITS, PRICE_DECIMALS = 18, 8
"""The type of a price is numeric(18, 8), in the operator's currency."""

LARGEST_PRICE = Decimal("9999999999.9999")
"""Of either sign."""

PRICE_RULE = f"no decimal up to {LARGEST_PRICE} with at most {PRICE_DECIMALS} decimals"
"""The reason to give for a price that is none."""

SUM_DIGITS = 38
"""Sums of quantities are numeric(38, 0), sums of prices numeric(38, 8)."""


def is_price(price: Decimal) -> bool:
    """Tell whether a record or an adjustment can hold a price exactly."""
    if not price.is_finite() or abs(price) > LARGEST_PRICE:
        return False
    return -int(price.as_tuple().exponent) <= PRICE_DECIMALS or round(price, PRICE_DECIMALS) == price
