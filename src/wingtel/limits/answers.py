"""The bodies that the API, the commands and the webhooks show."""

from typing import Any

from wingtel.aggregates.answers import moment, money
from wingtel.usage.currency import currency

from .models import Alert, Delivery, PriceLimit, WebhookEndpoint


def limit_answer(limit: PriceLimit) -> dict[str, Any]:
    """A limit."""
    return {
        "id": limit.pk,
        "name": limit.name,
        "plan": limit.plan_id,
        "subscription": limit.subscription_id,
        "usage_type": limit.usage_type,
        "period": limit.period,
        "amount": money(limit.amount),
        "currency": currency(),
        "thresholds": limit.thresholds,
        "emails": limit.emails,
        "starts": limit.starts and limit.starts.isoformat(),
        "pending": limit.pending,
        "created_at": moment(limit.created_at),
    }


def alert_answer(alert: Alert) -> dict[str, Any]:
    """An alert; `threshold_amount` has up to six decimals, since a percentage of an amount can.

    The phone number and the external id are the current ones of its subscription, which is read with it.
    """
    resolved = alert.resolved_at
    return {
        "id": alert.pk,
        "limit_id": alert.price_limit_id,
        "subscription_id": alert.subscription_id,
        "phone_number": alert.subscription.phone_number,
        "external_id": alert.subscription.external_id,
        "usage_type": alert.usage_type,
        "period": alert.period,
        "first": alert.first.isoformat(),
        "last": alert.last.isoformat(),
        "threshold_percent": alert.threshold_percent,
        "threshold_amount": f"{alert.threshold_amount:.6f}",
        "price": money(alert.price),
        "currency": currency(),
        "state": "open" if alert.is_open else "resolved",
        "opened_at": moment(alert.opened_at),
        "resolved_at": moment(resolved) if resolved else None,
        "resolved_price": None if alert.resolved_price is None else money(alert.resolved_price),
    }


def endpoint_answer(endpoint: WebhookEndpoint) -> dict[str, Any]:
    """An endpoint, without its secret."""
    return {
        "id": endpoint.pk,
        "url": endpoint.url,
        "description": endpoint.description,
        "enabled": endpoint.enabled,
        "disabled_because": endpoint.disabled_because,
        "previous_until": moment(endpoint.previous_until) if endpoint.previous_until else None,
        "created_at": moment(endpoint.created_at),
    }


def delivery_answer(delivery: Delivery) -> dict[str, Any]:
    """A delivery."""
    due = delivery.state == Delivery.State.DUE
    return {
        "id": delivery.pk,
        "alert_id": delivery.alert_id,
        "event": delivery.event,
        "endpoint_id": delivery.endpoint_id,
        "email": delivery.email or None,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "due_at": moment(delivery.due_at) if due else None,
        "created_at": moment(delivery.created_at),
        "delivered_at": moment(delivery.delivered_at) if delivery.delivered_at else None,
        "response_status": delivery.response_status,
        "error": delivery.error,
    }
