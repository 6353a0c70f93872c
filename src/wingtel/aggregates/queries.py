"""Every read of the aggregates. Readers see the views `usage_daily` and `usage_monthly` and know no strategy.

A period of days is answered from the monthly grain for the whole months in it and from the daily grain for its edges.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import connection

from wingtel import sql
from wingtel.subscriptions.models import Carrier
from wingtel.usage.models import UsageDay, UsageType

from .periods import ALL_TIME, Period, SplitPeriod

_SQL = sql.statements(__package__, "sql/queries.sql")

ALL_TYPES: tuple[UsageType, ...] = tuple(UsageType)


class Granularity(StrEnum):
    """How finely a series is cut."""

    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True)
class ExceededLimit:
    """A usage type whose total price reached the limit; `exceeded_by` is zero when it met it exactly."""

    usage_type: UsageType
    total_price: Decimal
    exceeded_by: Decimal


@dataclass(frozen=True)
class ExceedingSubscription:
    """A subscription that reached the limit in at least one usage type, the largest excess first."""

    subscription_id: int
    exceeded: list[ExceededLimit]


@dataclass(frozen=True)
class ExceedingPosition:
    """Where a page ended: the largest total price of its last subscription, and that subscription."""

    price: Decimal
    subscription_id: int


@dataclass(frozen=True)
class ExceedingPage:
    """One page of the answer; `next` is where the following page starts after, None on the last."""

    as_of: datetime
    results: list[ExceedingSubscription]
    next: ExceedingPosition | None


@dataclass(frozen=True)
class UsageMetric:
    """What a subscription used and paid for one usage type. `unit` (kilobytes, seconds) is that of `total_usage`."""

    subscription_id: int
    usage_type: UsageType
    total_price: Decimal
    total_usage: int
    records: int

    @property
    def unit(self) -> str:
        return self.usage_type.unit


@dataclass(frozen=True)
class MetricsPosition:
    """Where a page ended."""

    subscription_id: int
    usage_type: UsageType


@dataclass(frozen=True)
class MetricsPage:
    """One page of the answer; `next` is where the following page starts after, None on the last."""

    as_of: datetime
    results: list[UsageMetric]
    next: MetricsPosition | None


@dataclass(frozen=True)
class SeriesPoint:
    """Usage of one day, or of the part of one month that lies in the period asked for; `start` is its first day."""

    start: date
    usage_type: UsageType
    price: Decimal
    used: int
    records: int

    @property
    def unit(self) -> str:
        return self.usage_type.unit


@dataclass(frozen=True)
class Series:
    """The points of one subscription in order of time and usage type."""

    as_of: datetime
    points: list[SeriesPoint]


def exceeding(
    *,
    price_limit: Decimal,
    period: Period = ALL_TIME,
    usage_types: Sequence[UsageType] = ALL_TYPES,
    subscription_ids: Sequence[int] = (),
    page_size: int = 100,
    after: ExceedingPosition | None = None,
    carrier: Carrier | None = None,
) -> ExceedingPage:
    """Subscriptions whose total price in `period` is at least `price_limit` in a usage type, largest excess first.

    Each usage type is checked on its own. `subscription_ids` limits the answer to those; none means all. So does
    `carrier`.
    """
    parts = period.split()
    rows = _rows(
        "exceeding_in_period" if parts.days else "exceeding",
        _parameters(parts, usage_types)
        | {
            "price_limit": price_limit,
            "subscription_ids": list(subscription_ids) or None,
            "carrier": carrier,
            "after_price": after and after.price,
            "after_id": after and after.subscription_id,
            "rows": page_size + 1,
        },
    )
    found = [
        (
            ExceedingPosition(largest, subscription_id),
            ExceedingSubscription(subscription_id, list(_exceeded(group, price_limit))),
        )
        for (subscription_id, largest), group in groupby(rows.data, key=itemgetter(0, 1))
    ]
    return ExceedingPage(
        as_of=rows.as_of,
        results=[subscription for _, subscription in found[:page_size]],
        next=found[page_size - 1][0] if len(found) > page_size else None,
    )


def metrics(
    *,
    period: Period,
    usage_types: Sequence[UsageType] = ALL_TYPES,
    subscription_ids: Sequence[int] = (),
    page_size: int = 100,
    after: MetricsPosition | None = None,
    carrier: Carrier | None = None,
) -> MetricsPage:
    """What each subscription used and paid in `period`, by usage type, in order of subscription and usage type.

    `subscription_ids` limits the answer to those; none means every subscription with usage. So does `carrier`.
    """
    rows = _rows(
        "metrics",
        _parameters(period.split(), usage_types)
        | {
            "subscription_ids": list(subscription_ids) or None,
            "carrier": carrier,
            "after_id": after and after.subscription_id,
            "after_type": after and after.usage_type.value,
            "only_type": usage_types[0].value if len(set(usage_types)) == 1 else None,
            "rows": page_size + 1,
        },
    )
    found = [
        UsageMetric(subscription_id, UsageType(usage_type), price, int(used), int(records))
        for subscription_id, usage_type, price, used, records in rows.data
    ]
    results = found[:page_size]
    return MetricsPage(
        as_of=rows.as_of,
        results=results,
        next=MetricsPosition(results[-1].subscription_id, results[-1].usage_type) if len(found) > page_size else None,
    )


def series(
    *,
    subscription_id: int,
    period: Period = ALL_TIME,
    usage_types: Sequence[UsageType] = ALL_TYPES,
    granularity: Granularity = Granularity.DAY,
    carrier: Carrier | None = None,
) -> Series:
    """What one subscription used and paid, day by day or month by month; periods without usage are left out.

    A subscription of another carrier than `carrier` used nothing.
    """
    rows = _rows(
        f"series_by_{granularity}",
        _parameters(period.split(), usage_types)
        | {"subscription_id": subscription_id, "carrier": carrier, "first": period.first, "last": period.last},
    )
    return Series(
        as_of=rows.as_of,
        points=[
            SeriesPoint(start, UsageType(usage_type), price, int(used), int(records))
            for start, usage_type, price, used, records in rows.data
        ],
    )


@dataclass(frozen=True)
class Sums:
    """What was used (in the unit of the usage type) and paid, over `count` records or adjustments."""

    used: int
    price: Decimal
    count: int


@dataclass(frozen=True)
class RawRecord:
    """A raw usage record, whichever table it stands in."""

    record_id: str
    usage_date: datetime
    used: int
    price: Decimal


@dataclass(frozen=True)
class TypeWithSources:
    """One usage type of a subscription's day: the aggregate (`total`, counting records) and the sums of its sources."""

    usage_type: UsageType
    total: Sums
    recorded: Sums
    adjusted: Sums
    records: list[RawRecord]
    adjustment_ids: list[int]


@dataclass(frozen=True)
class DayWithSources:
    """A subscription's day at one moment: its state, and every usage type. `day` may not be in the database."""

    as_of: datetime
    day: UsageDay
    types: list[TypeWithSources]


_DAY_COLUMNS = (
    *("state", "sealed_at", "expired_at", "reopened_at", "reopened"),
    *("data_records", "kilobytes_used", "data_price", "voice_records", "seconds_used", "voice_price"),
)


def day_with_sources(
    *, subscription_id: int, day: date, most_records: int, carrier: Carrier | None = None
) -> DayWithSources:
    """What the aggregates say of a day and what they are made of, in one snapshot.

    At most `most_records` raw records are listed for each usage type, in order of time; there are none once the day
    has expired. A subscription of another carrier than `carrier` used nothing.
    """
    rows = _rows(
        "day_with_sources",
        {
            "subscription_id": subscription_id,
            "carrier": carrier,
            "day": day,
            "usage_types": [usage_type.value for usage_type in ALL_TYPES],
            "most": most_records,
        },
    )
    state = dict(zip(_DAY_COLUMNS, rows.data[0][-len(_DAY_COLUMNS) :], strict=True))
    return DayWithSources(
        as_of=rows.as_of,
        day=UsageDay(day=day, **(state if state["state"] else {})),
        types=[_type_with_sources(*row[: -len(_DAY_COLUMNS)]) for row in rows.data],
    )


def _type_with_sources(usage_type: str, *columns: Any) -> TypeWithSources:
    *sums, records, adjustment_ids = columns
    total, recorded, adjusted = (
        Sums(int(used), price, int(count)) for used, price, count in zip(*[iter(sums)] * 3, strict=True)
    )
    return TypeWithSources(
        usage_type=UsageType(usage_type),
        total=total,
        recorded=recorded,
        adjusted=adjusted,
        records=[_raw_record(**json.loads(record)) for record in records],
        adjustment_ids=adjustment_ids,
    )


def _raw_record(*, record_id: str, usage_date: str, used: int, price: str) -> RawRecord:
    return RawRecord(record_id, datetime.fromisoformat(usage_date), used, Decimal(price))


@dataclass(frozen=True)
class _Rows:
    as_of: datetime
    data: list[tuple[Any, ...]]


def _rows(query: str, parameters: dict[str, Any]) -> _Rows:
    """Run a query whose first column is the moment it saw, and which has one row of nulls when it found nothing."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL[query], parameters)
        rows = cursor.fetchall()
    return _Rows(as_of=rows[0][0], data=[row[1:] for row in rows if row[1] is not None])


def _parameters(parts: SplitPeriod, usage_types: Sequence[UsageType]) -> dict[str, Any]:
    first_month, last_month = parts.months or (None, None)
    (edge_first, edge_last), (other_edge_first, other_edge_last) = (*parts.days, *[(None, None)] * 2)[:2]
    return {
        "usage_types": [usage_type.value for usage_type in usage_types],
        "with_months": parts.months is not None,
        "first_month": first_month,
        "last_month": last_month,
        "edge_first": edge_first,
        "edge_last": edge_last,
        "other_edge_first": other_edge_first,
        "other_edge_last": other_edge_last,
    }


def _exceeded(rows: Iterable[tuple[Any, ...]], price_limit: Decimal) -> Iterator[ExceededLimit]:
    for *_, usage_type, price in rows:
        yield ExceededLimit(UsageType(usage_type), price, price - price_limit)
