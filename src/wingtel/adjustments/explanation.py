"""Explanation of the total of one subscription on one business day: raw records plus adjustments.

sum of the raw records + sum of the adjustments = total of the day in every answer
"""

from dataclasses import dataclass
from datetime import date, datetime

from wingtel.aggregates import queries
from wingtel.aggregates.filters import numbers_of
from wingtel.aggregates.queries import RawRecord, Sums
from wingtel.usage.models import UsageAdjustment, UsageDay, UsageType

RECORDS_LISTED = 100


@dataclass(frozen=True)
class ExplainedType:
    """One usage type: `recorded` + `adjusted` = `total`, which is the sum in the aggregates.

    `records` are the first of `recorded.count` raw records. Once they are gone, `recorded` is the total without the
    adjustments, which nothing proves, and `adds_up` is None. `sealed` are the sums that the whole day was sealed with:
    those of all subscriptions' raw records.
    """

    usage_type: UsageType
    total: Sums
    recorded: Sums
    adjusted: Sums
    adds_up: bool | None
    records: list[RawRecord]
    adjustments: list[UsageAdjustment]
    sealed: Sums | None


@dataclass(frozen=True)
class Explanation:
    """A subscription's day at the timestamp `as_of`.

    `day` has the state of the whole business day. `records_gone` tells that the day has expired. `numbers` are those of
    `numbers_of`.
    """

    subscription_id: int
    numbers: dict[str, str]
    as_of: datetime
    day: UsageDay
    records_gone: bool
    types: list[ExplainedType]

    @property
    def adds_up(self) -> bool | None:
        """Return whether every usage type adds up; None once the records are gone."""
        return None if self.records_gone else all(each.adds_up for each in self.types)


def explain(
    *, subscription_id: int, day: date, most_records: int = RECORDS_LISTED, carrier: str | None = None
) -> Explanation:
    """Explain a day, listing up to `most_records` raw records of each usage type.

    It is one snapshot: a concurrent write is seen in the total, the records and the adjustments, or in none.
    A subscription that is unknown or has no usage has totals of zero. With a `carrier`, so has a subscription of
    another one, and the sums that the whole day was sealed with are left out.
    """
    sources = queries.day_with_sources(
        subscription_id=subscription_id, day=day, most_records=most_records, carrier=carrier
    )
    adjustments = _adjustments(sources)
    gone = sources.day.state == UsageDay.State.EXPIRED
    return Explanation(
        subscription_id=subscription_id,
        numbers=numbers_of(subscription_id, carrier),
        as_of=sources.as_of,
        day=sources.day,
        records_gone=gone,
        types=[
            ExplainedType(
                usage_type=kind.usage_type,
                total=kind.total,
                recorded=_without(kind.total, kind.adjusted) if gone else kind.recorded,
                adjusted=kind.adjusted,
                adds_up=None if gone else kind.recorded == _without(kind.total, kind.adjusted),
                records=kind.records,
                adjustments=[adjustments[number] for number in kind.adjustment_ids],
                sealed=kind.sealed if carrier is None else None,
            )
            for kind in sources.types
        ],
    )


def _without(total: Sums, adjusted: Sums) -> Sums:
    """Return the share of the raw records in a total, which counts records and no adjustments."""
    return Sums(total.used - adjusted.used, total.price - adjusted.price, total.count)


def _adjustments(sources: queries.DayWithSources) -> dict[int, UsageAdjustment]:
    # Adjustments never change, so those of the snapshot may be read after it.
    ids = [number for kind in sources.types for number in kind.adjustment_ids]
    return UsageAdjustment.objects.select_related("reversed_by").in_bulk(ids)
