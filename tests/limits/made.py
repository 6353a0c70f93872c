"""Limits, usage and alerts, made and read in few words."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from wingtel.ingest.inputs import UsageRecordInput
from wingtel.ingest.service import ingest_usage
from wingtel.limits.models import Alert, PriceLimit
from wingtel.limits.services import make_limit
from wingtel.subscriptions.models import Subscription
from wingtel.usage.models import UsageType

STARTS = date(2026, 3, 1)


def subscription(**values: Any) -> int:
    return Subscription.objects.create(carrier="att", **values).pk


def effective(day: str) -> int:
    """A subscription that became effective at noon (UTC) of a day."""
    return subscription(effective_date=datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC))


def limit(amount: str = "25", **terms: Any) -> PriceLimit:
    return make_limit(amount=Decimal(amount), **{"starts": STARTS} | terms)


def use(subscription_id: int, day: str, price: str, usage_type: str = "data", record_id: str = "") -> None:
    """Record usage at noon (UTC) of a day."""
    moment = datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC)
    recorded = ingest_usage(
        [UsageRecordInput(UsageType(usage_type), moment, subscription_id, 1, Decimal(price), record_id)]
    )
    assert not recorded.rejected, recorded.rejected


def alerts(*, is_open: bool | None = None) -> list[tuple[int, str, int, str, str | None]]:
    """Subscription, period, threshold, price, and the price at resolution ("none" where the limit applies no more)."""
    found = Alert.objects.order_by("pk")
    if is_open is not None:
        found = found.filter(resolved_at__isnull=is_open)
    return [
        (
            alert.subscription_id,
            f"{alert.first}/{alert.last}",
            alert.threshold_percent,
            f"{alert.price:.2f}",
            None if alert.is_open else "none" if alert.resolved_price is None else f"{alert.resolved_price:.2f}",
        )
        for alert in found
    ]
