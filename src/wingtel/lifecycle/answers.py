"""Adjustments, days and explanations as the API and the commands answer with them."""

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from wingtel.aggregates import queries
from wingtel.aggregates.answers import money, origin_answer
from wingtel.aggregates.queries import Sums
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
from wingtel.shapes import one_of
from wingtel.usage.currency import currency
from wingtel.usage.models import UsageAdjustment, UsageDay, UsageType
from wingtel.usage.provenance import origins_of

from . import explaining
from .models import Reconciliation as ReconciliationRow

BusinessDay = Annotated[date, Meta(description="The business day.", examples=["2026-03-10"])]
DIFFERENCES = ("missing", "surplus", "differs")
AddsUp = Annotated[bool | None, Meta(description="Null once the raw records are gone.", examples=[True])]


class Adjustment(Struct):
    """A signed correction of what one subscription used and paid on one business day."""

    id: int
    subscription_id: SubscriptionId
    usage_type: Usage
    unit: Unit
    day: BusinessDay
    used: Annotated[int, Meta(description="Kilobytes or seconds.", examples=[-20480])]
    price: Annotated[Money, Meta(examples=["-0.3000"])]
    currency: Currency
    reason: Annotated[str, Meta(description="Why, for whoever asks later.", examples=["credited"])]
    actor: Annotated[str, Meta(description="Who made it.", examples=["ada"])]
    created_at: Timestamp
    reverses: Annotated[int | None, Meta(description="The adjustment that it takes back.")]
    reversed_by: Annotated[int | None, Meta(description="The adjustment that takes it back.")]


class Day(Struct):
    """A business day: its state, and the sums it was sealed with."""

    day: BusinessDay
    state: Annotated[str, one_of(UsageDay.State.values, "Open days take records; expired ones have none any more.")]
    sealed_at: Timestamp | None
    expired_at: Timestamp | None
    reopened_at: Timestamp | None
    reopened: Annotated[int, Meta(description="How often it was written to after it was sealed.", examples=[0])]
    data_records: int | None
    kilobytes_used: int | None
    data_price: Money | None
    voice_records: int | None
    seconds_used: int | None
    voice_price: Money | None
    currency: Currency


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
    records_gone: Annotated[bool, Meta(description="Whether the day has expired.", examples=[False])]
    adds_up: AddsUp
    usage_types: list[ExplainedType]


class KeySums(Struct):
    """The sums of a key on one side of a comparison."""

    used: Annotated[int | None, Meta(description="Kilobytes or seconds.")]
    price: Annotated[str, Meta(description="An exact decimal.", examples=["0.3000"])]
    records: int | None


class Difference(Struct):
    """A key whose aggregates differ from their sources, with both values; null where there is no such key."""

    grain: Annotated[str, Meta(description="`day`, `seal of day`, `month`, or the bounds of one.", examples=["day"])]
    kind: Annotated[str, one_of(DIFFERENCES, "How they differ.")]
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
    drift_price: Annotated[Money, Meta(description="Sum of how much daily prices are off, without sign.")]
    currency: Currency
    repaired: bool
    differences: Annotated[list[Difference], Meta(description="The first few that differ.")]


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


def day_answer(day: UsageDay) -> Day:
    """Return the state of a business day, and the sums it was sealed with."""
    return Day(
        day=day.day,
        state=str(day.state),
        sealed_at=day.sealed_at,
        expired_at=day.expired_at,
        reopened_at=day.reopened_at,
        reopened=day.reopened,
        data_records=day.data_records,
        kilobytes_used=None if day.kilobytes_used is None else int(day.kilobytes_used),
        data_price=None if day.data_price is None else money(day.data_price),
        voice_records=day.voice_records,
        seconds_used=None if day.seconds_used is None else int(day.seconds_used),
        voice_price=None if day.voice_price is None else money(day.voice_price),
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


def explanation_answer(explanation: explaining.Explanation) -> Explanation:
    """Return an explanation as a body."""
    return Explanation(
        subscription_id=explanation.subscription_id,
        **explanation.numbers,
        currency=currency(),
        day=day_answer(explanation.day),
        as_of=explanation.as_of,
        records_gone=explanation.records_gone,
        adds_up=explanation.adds_up,
        usage_types=[_type_answer(found) for found in explanation.types],
    )


def _type_answer(found: explaining.ExplainedType) -> ExplainedType:
    adjusted = found.adjusted
    return ExplainedType(
        usage_type=found.usage_type.value,
        unit=found.usage_type.unit,
        recorded=_recorded(found.recorded),
        adjusted=AdjustedSums(used=adjusted.used, price=money(adjusted.price), adjustments=adjusted.count),
        total=_recorded(found.total),
        adds_up=found.adds_up,
        records=_listed(found.records),
        adjustments=[adjustment_answer(adjustment) for adjustment in found.adjustments],
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
