"""What one usage record or adjustment can hold."""

from decimal import Decimal

LARGEST_QUANTITY = 2**63 - 1
"""Kilobytes or seconds."""

LARGEST_PRICE = Decimal("9999999999.9999")
"""In the operator's currency; 4 decimals are kept."""

PRICE_DIGITS, PRICE_DECIMALS = 14, 4
"""Of a price: digits in all, and those after the point."""
