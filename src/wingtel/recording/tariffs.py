"""Tariffs: the price of usage that came without one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal

from wingtel.usage.models import UsageType

_CENT_OF_A_CENT = Decimal("0.0001")
_EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True, kw_only=True)
class Rate:
    """An exact `price`, in the operator's currency, for each started `block` of kilobytes or seconds of a record.

    The first `included` kilobytes or seconds of each record cost nothing. With a `plan`, the name of one, the rate is
    for its subscriptions only. It holds from the business day `valid_from`.
    """

    price: Decimal
    block: int = 1
    included: int = 0
    plan: str = ""
    valid_from: date = date.min

    def price_of(self, quantity: int) -> Decimal:
        """The price of a record of `quantity` kilobytes or seconds, computed exactly and rounded once.

        It is rounded to 4 decimals, half to even (IEEE 754 and banker's rounding), which favours neither side
        over many records.
        """
        blocks = -(-max(quantity - self.included, 0) // self.block)
        return _EXACT.quantize(_EXACT.multiply(self.price, Decimal(blocks)), _CENT_OF_A_CENT)


@dataclass(frozen=True)
class Tariff:
    """The rates of each usage type. Of those that hold, one of the subscription's plan comes before one for all plans,
    and then the one that holds since the latest day.
    """

    rates: Mapping[UsageType, tuple[Rate, ...]]

    def ranked(self, usage_type: UsageType) -> list[Rate]:
        """The rates of a usage type, those first that come before others."""
        return sorted(self.rates[usage_type], key=lambda rate: (bool(rate.plan), rate.valid_from), reverse=True)

    def price(self, usage_type: UsageType, quantity: int, day: date, plan: str = "") -> Decimal:
        """The price of a record on a business day. Raises ValueError when no rate holds for it."""
        for rate in self.ranked(usage_type):
            if rate.plan in {"", plan} and rate.valid_from <= day:
                return rate.price_of(quantity)
        raise ValueError(f"no rate for {usage_type} holds on {day}{f' in the plan {plan}' if plan else ''}")
