"""Tariffs: the price of usage that came without one."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal

from wingtel.usage.models import UsageType

_CENT_OF_A_CENT = Decimal("0.0001")
_EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True, kw_only=True)
class Tariff:
    """Exact prices in the operator's currency, per kilobyte of data and per second of voice."""

    price_per_kilobyte: Decimal
    price_per_second: Decimal

    def price(self, usage_type: UsageType, quantity: int) -> Decimal:
        """The price of `quantity` kilobytes or seconds, computed exactly and rounded once.

        It is rounded to 4 decimals, half to even (IEEE 754 and banker's rounding), which favours neither side
        over many records.
        """
        rate = self.price_per_kilobyte if usage_type is UsageType.DATA else self.price_per_second
        return _EXACT.quantize(_EXACT.multiply(rate, Decimal(quantity)), _CENT_OF_A_CENT)
