"""Serialization of business days and reconciliations, for the API and the commands."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from operator import attrgetter
from typing import Annotated

from msgspec import Meta, Struct

from wingtel.aggregates.serialization import money
from wingtel.aggregates.shapes import Currency, Money, Timestamp, Unit, Usage
from wingtel.shapes import one_of
from wingtel.usage.currency import currency
from wingtel.usage.models import UsageDay, UsageType

from .models import Reconciliation as ReconciliationRow

BusinessDay = Annotated[date, Meta(description="The business day.", examples=["2026-03-10"])]
DIFFERENCES = ("missing", "surplus", "differs")


class SealedSums(Struct):
    """Sums of a sealed day's raw records of one usage type."""

    usage_type: Usage
    unit: Unit
    records: int
    used: int
    price: Money


class Day(Struct):
    """A business day: its state, and the sums it was sealed with."""

    day: BusinessDay
    state: Annotated[
        str, one_of(UsageDay.State.values, "Open days accept records; the raw records of expired days are gone.")
    ]
    sealed_at: Timestamp | None
    expired_at: Timestamp | None
    reopened_at: Timestamp | None
    reopened: Annotated[int, Meta(description="How often it was written to after it was sealed.", examples=[0])]
    sums: Annotated[list[SealedSums], Meta(description="What it was last sealed with; empty if it never was.")]
    currency: Currency


class KeySums(Struct):
    """Sums of a key on one side of a comparison."""

    used: Annotated[int | None, Meta(description="In the unit of the usage type.")]
    price: Annotated[str, Meta(description="An exact decimal.", examples=["0.3000"])]
    records: int | None


class Difference(Struct):
    """A key whose aggregates differ from their sources, with both values; null where there is no such key."""

    grain: Annotated[str, Meta(description="`day`, `seal of day`, `month`, or the bounds of one.", examples=["day"])]
    kind: Annotated[str, one_of(DIFFERENCES, "The first differences.")]
    subscription_id: int | None
    usage_type: Annotated[str, Meta(examples=["data"])]
    start: date | None
    expected: KeySums | None
    found: KeySums | None


class Reconciliation(Struct):
    """One comparison of the aggregates with their sources."""

    id: int
    first: BusinessDay
    last: BusinessDay
    strategy: Annotated[str, Meta(description="The strategy that was compared.", examples=["triggers"])]
    started_at: Timestamp
    finished_at: Timestamp
    keys: Annotated[int, Meta(description="Daily keys compared.", examples=[3_100_000])]
    drift_keys: Annotated[int, Meta(description="Keys that differ, of days, months and totals.", examples=[1])]
    drift_price: Annotated[Money, Meta(description="Sum of the absolute differences of daily prices.")]
    currency: Currency
    repaired: bool
    differences: Annotated[list[Difference], Meta(description="The first few that differ.")]


def sealed_sums(usage_type: str, *, records: int, used: Decimal | int, price: Decimal) -> SealedSums:
    """Return the sums of one usage type that a day was sealed with."""
    return SealedSums(usage_type, UsageType(usage_type).unit, records, int(used), money(price))


def listed_day_answer(day: UsageDay) -> Day:
    """Return the state of a business day, and the sums it was sealed with, which are prefetched."""
    return day_answer(
        day,
        [
            sealed_sums(each.usage_type, records=each.records, used=each.used, price=each.price)
            for each in day.sums.all()
        ],
    )


def day_answer(day: UsageDay, sums: Iterable[SealedSums]) -> Day:
    """Return the state of a business day, and the sums it was sealed with."""
    return Day(
        day=day.day,
        state=str(day.state),
        sealed_at=day.sealed_at,
        expired_at=day.expired_at,
        reopened_at=day.reopened_at,
        reopened=day.reopened,
        sums=sorted(sums, key=attrgetter("usage_type")),
        currency=currency(),
    )


def reconciliation_answer(compared: ReconciliationRow) -> Reconciliation:
    """Return a comparison of the aggregates with their sources."""
    return Reconciliation(
        id=compared.pk,
        first=compared.first,
        last=compared.last,
        strategy=compared.strategy,
        started_at=compared.started_at,
        finished_at=compared.finished_at,
        keys=compared.keys,
        drift_keys=compared.drift_keys,
        drift_price=money(compared.drift_price),
        currency=currency(),
        repaired=compared.repaired,
        differences=compared.differences,
    )
