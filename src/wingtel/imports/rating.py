"""Rating in bulk: the price of records that came without one, by their tariff."""

from decimal import Decimal

import polars as pl

from wingtel.recording.tariffs import Rate, Tariff
from wingtel.usage.models import UsageType
from wingtel.usage.ranges import LARGEST_PRICE

from .values.prices import checked_price
from .values.quantities import rounded_quotient

_WIDEST = 2 * 10**37
"""A wide integer has 38 digits."""


def rated(records: pl.DataFrame, tariff: Tariff) -> tuple[pl.DataFrame, dict[int, str]]:
    """Records, which have a `plan`, with their prices; and for those that have none, by their line, why not.

    Exactly what Tariff.price says of each.
    """
    if records.is_empty():
        return records, {}
    price = pl.coalesce(_price(kind, tariff) for kind in tariff.rates)
    records = records.with_columns(price=price.cast(pl.Decimal(14, 4), strict=False))
    unrated = records.filter(pl.col("price").is_null())
    if unrated.is_empty():
        return records, {}
    return _one_by_one(records, unrated, tariff)


def _price(kind: UsageType, tariff: Tariff) -> pl.Expr:
    price = pl.lit(None, pl.Decimal(38, 4))
    for rate in reversed(tariff.ranked(kind)):
        holds = (pl.col("usage_type") == str(kind)) & (pl.col("day") >= rate.valid_from)
        if rate.plan:
            holds &= pl.col("plan") == rate.plan
        price = pl.when(holds).then(_price_by(rate)).otherwise(price)
    return price


def _price_by(rate: Rate) -> pl.Expr:
    """The price as a decimal; null where it is too large to compute in bulk."""
    _, digits, exponent = rate.price.normalize().as_tuple()
    unscaled, decimals = int("".join(map(str, digits))), max(-int(exponent), 0)
    unscaled *= 10 ** max(int(exponent), 0)
    billed = (pl.col("quantity") - rate.included).clip(lower_bound=0)
    blocks = billed.cast(pl.Int128) if rate.block == 1 else rounded_quotient(billed, rate.block, "up").cast(pl.Int128)
    raised = unscaled * 10 ** max(4 - decimals, 0)
    amount = pl.when(blocks <= _WIDEST // max(raised, 1)).then(blocks) * pl.lit(raised, pl.Int128)
    if decimals > 4:
        amount = rounded_quotient(amount, 10 ** (decimals - 4), "half_even")
    small = pl.when(amount <= int(LARGEST_PRICE * 10_000)).then(amount)
    return small.cast(pl.Decimal(38, 0), strict=False) * pl.lit(Decimal("0.0001"), pl.Decimal(38, 4))


def _one_by_one(records: pl.DataFrame, unrated: pl.DataFrame, tariff: Tariff) -> tuple[pl.DataFrame, dict[int, str]]:
    prices: dict[int, Decimal] = {}
    problems: dict[int, str] = {}
    rows = unrated.select("position", "line", "usage_type", "quantity", "day", "plan").iter_rows()
    for position, line, kind, quantity, day, plan in rows:
        try:
            prices[position] = checked_price(tariff.price(UsageType(kind), quantity, day, plan))
        except ValueError as error:
            problems[line] = f"by the tariff, {error}"
    found = pl.DataFrame(
        {"position": list(prices), "found": list(prices.values())},
        schema={"position": pl.Int64, "found": pl.Decimal(14, 4)},
    )
    records = records.join(found, on="position", how="left", maintain_order="left")
    return records.with_columns(price=pl.coalesce("price", "found")).drop("found"), problems
