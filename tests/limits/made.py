"""Helpers that create and read limits, usage and alerts."""

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
    """Create a subscription that became effective at noon (UTC) of a day."""
    return subscription(effective_date=datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC))


def limit(amount: str = "25", **terms: Any) -> PriceLimit:
    return make_limit(amount=Decimal(amount), **{"starts": STARTS} | terms)


def use(subscription_id: int, day: str, price: str, usage_type: str = "data", record_id: str = "") -> None:
    """Ingest usage at noon (UTC) of a day."""
    timestamp = datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC)
    result = ingest_usage(
        [UsageRecordInput(UsageType(usage_type), timestamp, subscription_id, 1, Decimal(price), record_id)]
    )
    assert not result.rejected, result.rejected


def alerts(*, is_open: bool | None = None) -> list[tuple[int, str, int, str, str | None]]:
    """Return subscription, period, threshold, price and the price at resolution of each alert.

    The last is "none" where the limit does not apply any more.
    """
    rows = Alert.objects.order_by("pk")
    if is_open is not None:
        rows = rows.filter(resolved_at__isnull=is_open)
    return [
        (
            alert.subscription_id,
            f"{alert.first}/{alert.last}",
            alert.threshold_percent,
            f"{alert.price:.2f}",
            None if alert.is_open else "none" if alert.resolved_price is None else f"{alert.resolved_price:.2f}",
        )
        for alert in rows
    ]
