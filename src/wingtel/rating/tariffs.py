"""Tariffs: the rates of each usage type, and the prices that they give to columns of records."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import polars as pl

from wingtel.usage.models import UsageType
from wingtel.usage.ranges import LARGEST_PRICE, PRICE_DECIMALS, PRICE_DIGITS

_UNIT = 10**PRICE_DECIMALS
_WIDEST = 2 * 10**37
"""Largest product that a 128-bit integer, which has 38 digits, can hold."""


@dataclass(frozen=True, kw_only=True)
class Rate:
    """An exact `price`, in the operator's currency, for each started `block` of units of a record.

    The first `included` units of each record cost nothing. `plan` is the name of a plan: the rate is for
    its subscriptions only. The rate is valid from the business day `valid_from`.
    """

    price: Decimal
    block: int = 1
    included: int = 0
    plan: str = ""
    valid_from: date = date.min


@dataclass(frozen=True)
class Tariff:
    """Rates of each usage type.

    Of the valid rates, one for the subscription's plan comes before one for all plans. Then the rate with the latest
    `valid_from` comes first.
    """

    rates: Mapping[UsageType, tuple[Rate, ...]]

    def ranked(self, usage_type: UsageType) -> list[Rate]:
        """Return the rates of a usage type in their order of precedence."""
        return sorted(self.rates.get(usage_type, ()), key=lambda rate: (bool(rate.plan), rate.valid_from), reverse=True)


def rate(records: pl.DataFrame, tariff: Tariff) -> tuple[pl.DataFrame, dict[int, str]]:
    """Rate the records without a price (null). Return all records, and the reason by row for those that get no price.

    `records` has usage_type, quantity, day (the business day), plan (a name, "" for none) and
    price. A price is computed exactly and rounded once, half to even, which favours neither side over many records.
    """
    kinds = [UsageType(kind) for kind in UsageType.values]
    price = pl.coalesce("price", *(_price(kind, tariff) for kind in kinds))
    records = records.with_columns(price=price.cast(pl.Decimal(PRICE_DIGITS, PRICE_DECIMALS), strict=False))
    unrated = records.with_row_index("row").filter(pl.col("price").is_null())
    return records, {row["row"]: _reason(row, tariff) for row in unrated.iter_rows(named=True)}


def _price(kind: UsageType, tariff: Tariff) -> pl.Expr:
    price = pl.lit(None, pl.Decimal(38, PRICE_DECIMALS))
    for each in reversed(tariff.ranked(kind)):
        price = pl.when(_is_valid(each, kind)).then(_price_by(each)).otherwise(price)
    return price


def _is_valid(each: Rate, kind: UsageType) -> pl.Expr:
    is_valid = (pl.col("usage_type") == str(kind)) & (pl.col("day") >= each.valid_from)
    return is_valid & (pl.col("plan") == each.plan) if each.plan else is_valid


def _price_by(each: Rate) -> pl.Expr:
    """Return the price by one rate, null if it is too large for a record."""
    _, digits, exponent = each.price.normalize().as_tuple()
    unscaled, decimals = int("".join(map(str, digits))), max(-int(exponent), 0)
    unscaled *= 10 ** max(int(exponent), 0)
    billed = (pl.col("quantity") - each.included).clip(lower_bound=0)
    blocks = billed.cast(pl.Int128) if each.block == 1 else rounded_quotient(billed, each.block, "up").cast(pl.Int128)
    raised = unscaled * 10 ** max(PRICE_DECIMALS - decimals, 0)
    amount = pl.when(blocks <= _WIDEST // max(raised, 1)).then(blocks) * pl.lit(raised, pl.Int128)
    if decimals > PRICE_DECIMALS:
        amount = rounded_quotient(amount, 10 ** (decimals - PRICE_DECIMALS), "half_even")
    in_range = pl.when(amount <= int(LARGEST_PRICE * _UNIT)).then(amount)
    return in_range.cast(pl.Decimal(38, 0), strict=False) * pl.lit(Decimal(1) / _UNIT, pl.Decimal(38, PRICE_DECIMALS))


def _reason(record: Mapping[str, object], tariff: Tariff) -> str:
    kind, day, plan = UsageType(str(record["usage_type"])), record["day"], record["plan"]
    assert isinstance(day, date)  # noqa: S101 - `rate` requires it
    if any(each.plan in {"", plan} and each.valid_from <= day for each in tariff.ranked(kind)):
        return f"by the tariff, the price of {record['quantity']} {kind.unit} is more than {LARGEST_PRICE}"
    return f"no rate of the tariff for {kind} holds on {day}{f' in the plan {plan}' if plan else ''}"


def rounded_quotient(amount: pl.Expr, over: int, rounding: str) -> pl.Expr:
    """Return amount / over as a 128-bit integer, rounded `up`, `down` or `half_even`. Amounts are not negative."""
    if rounding == "up":
        return (amount + (over - 1)) // over
    whole = amount // over
    if rounding == "down":
        return whole
    twice = (amount - whole * over) * 2
    is_up = (twice > over) | ((twice == over) & (whole % 2 == 1))
    return whole + is_up.cast(pl.Int128)
