"""Range of one usage record or adjustment. No number of records can exceed the range of their sums."""

from decimal import Decimal

LARGEST_QUANTITY = 10**15
"""In the unit of the usage type, of either sign. At 100 Gbit/s, a session takes two and a half years to reach it.

It is below 2^53, so every reader of JSON gets it exactly. The raw tables and `usage_adjustment` check it.
"""

PRICE_DIGITS, PRICE_DECIMALS = 18, 8
"""Digits of a price, numeric(18, 8), in the operator's currency."""

LARGEST_PRICE = Decimal("9999999999.9999")
"""In the operator's currency, of either sign."""

PRICE_RULE = f"not a decimal up to {LARGEST_PRICE} with at most {PRICE_DECIMALS} decimals"
"""Reason to give for an invalid price."""

SUM_DIGITS = 38
"""Sums of quantities are numeric(38, 0), sums of prices numeric(38, 8)."""


def is_price(price: Decimal) -> bool:
    """Return whether a record or an adjustment can hold a price exactly."""
    if not price.is_finite() or abs(price) > LARGEST_PRICE:
        return False
    return -int(price.as_tuple().exponent) <= PRICE_DECIMALS or round(price, PRICE_DECIMALS) == price
