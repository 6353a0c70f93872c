"""Every read of the aggregates. Readers see the views `usage_daily` and `usage_monthly` and know no strategy.

A period of days is answered from the monthly grain for the whole months in it and from the daily grain for its edges.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from wingtel.usage.models import UsageType

from .periods import ALL_TIME, Period

__all__ = ["ALL_TIME", "ALL_TYPES", "Period"]

ALL_TYPES: tuple[UsageType, ...] = tuple(UsageType)


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
    results: list[ExceedingSubscription] = field(default_factory=list)
    next: ExceedingPosition | None = None


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
    results: list[UsageMetric] = field(default_factory=list)
    next: MetricsPosition | None = None


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
) -> ExceedingPage: ...


def metrics(
    *,
    period: Period,
    usage_types: Sequence[UsageType] = ALL_TYPES,
    subscription_ids: Sequence[int] = (),
    page_size: int = 100,
    after: MetricsPosition | None = None,
) -> MetricsPage: ...


def series(
    *,
    subscription_id: int,
    period: Period = ALL_TIME,
    usage_types: Sequence[UsageType] = ALL_TYPES,
    granularity: str = "day",
) -> Series: ...
