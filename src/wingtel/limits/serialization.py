"""Limits and alerts as the API, the commands and the webhooks show them."""

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from wingtel.aggregates.serialization import money
from wingtel.aggregates.shapes import Currency, ExternalId, Money, PhoneNumber, SubscriptionId, Timestamp, Usage
from wingtel.shapes import one_of
from wingtel.usage.currency import currency

from .models import Alert as AlertRow
from .models import AlertEventType, LimitPeriod, PriceLimit

AppliesTo = Annotated[Usage | None, Meta(description="Null: all usage types together.", examples=["data"])]
PeriodKind = Annotated[str, one_of(LimitPeriod.values, "The calendar month, or the billing cycle of the subscription.")]
Event = Annotated[str, one_of(AlertEventType.values, "A threshold was reached, or is not reached any more.")]


class Limit(Struct):
    """A standing price limit."""

    id: int
    name: Annotated[str, Meta(examples=["data of all"])]
    plan: Annotated[int | None, Meta(description="The plan whose subscriptions it is of.")]
    subscription: Annotated[int | None, Meta(description="The one subscription that it is of.")]
    usage_type: AppliesTo
    period: PeriodKind
    amount: Annotated[Money, Meta(description="A total that equals it has reached it.", examples=["50.0000"])]
    currency: Currency
    thresholds: Annotated[
        list[int], Meta(description="Thresholds in percent of the amount, besides 100.", examples=[[80]])
    ]
    emails: Annotated[list[str], Meta(description="The addresses that are notified.", examples=[["ada@example.org"]])]
    starts: Annotated[date | None, Meta(description="Periods from this day on count.", examples=["2026-03-01"])]
    pending: Annotated[bool, Meta(description="Changed since it was evaluated.")]
    created_at: Timestamp


class Alert(Struct):
    """A subscription reached a threshold of a limit in one period, and perhaps fell back."""

    id: int
    limit_id: int
    subscription_id: SubscriptionId
    phone_number: PhoneNumber
    external_id: ExternalId
    usage_type: AppliesTo
    period: PeriodKind
    first: Annotated[date, Meta(description="First day of the period.", examples=["2026-03-01"])]
    last: Annotated[date, Meta(description="Last day of the period.", examples=["2026-03-31"])]
    threshold_percent: Annotated[int, Meta(description="In percent of the limit.", examples=[80])]
    threshold_amount: Annotated[
        str,
        Meta(
            description="The amount of the threshold, with up to six decimals.",
            examples=["40.000000"],
            extra_json_schema={"format": "decimal"},
        ),
    ]
    price: Annotated[
        Money, Meta(description="The total at the time the threshold was found to be reached.", examples=["41.2500"])
    ]
    currency: Currency
    state: Annotated[str, one_of(("open", "resolved"), "Open while the threshold is reached.")]
    opened_at: Timestamp
    resolved_at: Timestamp | None
    resolved_price: Annotated[Money | None, Meta(description="Null also where the limit does not apply any more.")]


class AlertOfLimit(Alert):
    """An alert as it was when the event happened, with the name of its limit."""

    limit: Annotated[str, Meta(examples=["data of all"])]


class AlertEvent(Struct):
    """An event that is posted to webhook endpoints, signed as the Standard Webhooks specification says."""

    type: Event
    timestamp: Annotated[Timestamp, Meta(description="The timestamp of the event.")]
    data: AlertOfLimit


def limit_answer(limit: PriceLimit) -> Limit:
    """Return a limit as a body."""
    return Limit(
        id=limit.pk,
        name=limit.name,
        plan=limit.plan_id,
        subscription=limit.subscription_id,
        usage_type=limit.usage_type,
        period=limit.period,
        amount=money(limit.amount),
        currency=currency(),
        thresholds=limit.thresholds,
        emails=limit.emails,
        starts=limit.starts,
        pending=limit.pending,
        created_at=limit.created_at,
    )


def alert_answer(alert: AlertRow) -> Alert:
    """Return an alert as a body.

    The phone number and the external id are the current ones of its subscription, which is read with it.
    """
    return Alert(
        id=alert.pk,
        limit_id=alert.price_limit_id,
        subscription_id=alert.subscription_id,
        phone_number=alert.subscription.phone_number,
        external_id=alert.subscription.external_id,
        usage_type=alert.usage_type,
        period=alert.period,
        first=alert.first,
        last=alert.last,
        threshold_percent=alert.threshold_percent,
        threshold_amount=f"{alert.threshold_amount:.6f}",
        price=money(alert.price),
        currency=currency(),
        state="open" if alert.is_open else "resolved",
        opened_at=alert.opened_at,
        resolved_at=alert.resolved_at,
        resolved_price=None if alert.resolved_price is None else money(alert.resolved_price),
    )
