"""Serialization of adjustments and explanations, for the API and the commands."""

from typing import Annotated

from msgspec import Meta, Struct

from wingtel.aggregates import queries
from wingtel.aggregates.queries import Sums
from wingtel.aggregates.serialization import money, origin_answer
from wingtel.aggregates.shapes import (
    AsOf,
    Currency,
    ExternalId,
    Money,
    PhoneNumber,
    RecordOrigin,
    SubscriptionId,
    Timestamp,
    Unit,
    Usage,
)
from wingtel.lifecycle.serialization import BusinessDay, Day, day_answer, sealed_sums
from wingtel.usage.currency import currency
from wingtel.usage.models import UsageAdjustment, UsageType
from wingtel.usage.provenance import origins_of

from . import explanation

AddsUp = Annotated[bool | None, Meta(description="Null once the raw records are gone.", examples=[True])]


class Adjustment(Struct):
    """A signed correction of what one subscription used and paid on one business day."""

    id: int
    subscription_id: SubscriptionId
    usage_type: Usage
    unit: Unit
    day: BusinessDay
    used: Annotated[int, Meta(description="In the unit of the usage type.", examples=[-20480])]
    price: Annotated[Money, Meta(examples=["-0.3000"])]
    currency: Currency
    reason: Annotated[str, Meta(description="The reason, for later reference.", examples=["credited"])]
    actor: Annotated[str, Meta(description="The person or API key that made it.", examples=["ada"])]
    created_at: Timestamp
    reverses: Annotated[int | None, Meta(description="The adjustment that it takes back.")]
    reversed_by: Annotated[int | None, Meta(description="The adjustment that takes it back.")]


class RecordedSums(Struct):
    """Sums of raw records, or of these and adjustments."""

    used: int
    price: Money
    records: int


class AdjustedSums(Struct):
    """Sums of adjustments."""

    used: int
    price: Money
    adjustments: int


class RawRecord(Struct):
    """A raw record."""

    record_id: Annotated[str, Meta(examples=["att-20260310-000001"])]
    usage_date: Timestamp
    used: int
    price: Money
    origin: RecordOrigin | None


class ExplainedType(Struct):
    """Parts of the total of one usage type: recorded + adjusted = total."""

    usage_type: Usage
    unit: Unit
    recorded: RecordedSums
    adjusted: AdjustedSums
    total: RecordedSums
    adds_up: AddsUp
    records: list[RawRecord]
    adjustments: list[Adjustment]


class Explanation(Struct):
    """Parts of the total of a subscription's day."""

    subscription_id: SubscriptionId
    phone_number: PhoneNumber
    external_id: ExternalId
    currency: Currency
    day: Day
    as_of: AsOf
    records_gone: Annotated[bool, Meta(description="True if the day has expired.", examples=[False])]
    adds_up: AddsUp
    usage_types: list[ExplainedType]


def adjustment_answer(adjustment: UsageAdjustment) -> Adjustment:
    """Return an adjustment as a body; its reversal comes with `select_related("reversed_by")`."""
    reversal: UsageAdjustment | None = getattr(adjustment, "reversed_by", None)
    return Adjustment(
        id=adjustment.pk,
        subscription_id=adjustment.subscription_id,
        usage_type=adjustment.usage_type,
        unit=UsageType(adjustment.usage_type).unit,
        day=adjustment.day,
        used=adjustment.used,
        price=money(adjustment.price),
        currency=currency(),
        reason=adjustment.reason,
        actor=adjustment.actor,
        created_at=adjustment.created_at,
        reverses=adjustment.reverses_id,
        reversed_by=reversal.pk if reversal else None,
    )


def explanation_answer(explained: explanation.Explanation) -> Explanation:
    """Return an explanation as a body."""
    return Explanation(
        subscription_id=explained.subscription_id,
        **explained.numbers,
        currency=currency(),
        day=day_answer(
            explained.day,
            [
                sealed_sums(kind.usage_type, records=kind.sealed.count, used=kind.sealed.used, price=kind.sealed.price)
                for kind in explained.types
                if kind.sealed
            ],
        ),
        as_of=explained.as_of,
        records_gone=explained.records_gone,
        adds_up=explained.adds_up,
        usage_types=[_type_answer(kind) for kind in explained.types],
    )


def _type_answer(explained: explanation.ExplainedType) -> ExplainedType:
    adjusted = explained.adjusted
    return ExplainedType(
        usage_type=explained.usage_type.value,
        unit=explained.usage_type.unit,
        recorded=_recorded(explained.recorded),
        adjusted=AdjustedSums(used=adjusted.used, price=money(adjusted.price), adjustments=adjusted.count),
        total=_recorded(explained.total),
        adds_up=explained.adds_up,
        records=_listed(explained.records),
        adjustments=[adjustment_answer(adjustment) for adjustment in explained.adjustments],
    )


def _recorded(sums: Sums) -> RecordedSums:
    return RecordedSums(used=sums.used, price=money(sums.price), records=sums.count)


def _listed(records: list[queries.RawRecord]) -> list[RawRecord]:
    origins = origins_of(record.source for record in records)
    return [
        RawRecord(
            record_id=record.record_id,
            usage_date=record.usage_date,
            used=record.used,
            price=money(record.price),
            origin=origin_answer(origins.get(record.source)),
        )
        for record in records
    ]
