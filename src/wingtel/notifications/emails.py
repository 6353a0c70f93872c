"""Alerts by e-mail, through Django's e-mail backend: all that is due to an address in one message."""

from collections.abc import Sequence
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage

from wingtel.aggregates.serialization import priced
from wingtel.limits.models import AlertEventType
from wingtel.subscriptions.models import Subscription

from .models import Delivery
from .webhook_client import MAX_ERROR_LENGTH


def send(address: str, deliveries: Sequence[Delivery]) -> str:
    """Send one message; return the reason if it failed, else an empty text."""
    lines = [_line(delivery) for delivery in deliveries]
    subject = lines[0] if len(lines) == 1 else f"{len(lines)} price limit alerts"
    try:
        EmailMessage(
            subject=f"Wingtel: {subject}",
            body="\n".join([*lines, ""]),
            from_email=settings.DEFAULT_FROM_EMAIL,
            to=[address],
        ).send()
    except (SMTPException, OSError, ValueError) as error:
        return f"{type(error).__name__}: {error}"[:MAX_ERROR_LENGTH]
    return ""


def _line(delivery: Delivery) -> str:
    alert, limit = delivery.alert, delivery.alert.price_limit
    threshold = f"{alert.threshold_percent} % of {limit} ({priced(limit.amount)}, {alert.usage_type or 'all usage'})"
    period = f"{alert.first} to {alert.last}"
    subscription = _describe(alert.subscription)
    if delivery.event == AlertEventType.OPENED or alert.resolved_at is None:
        return f"{subscription} reached {threshold} with {priced(alert.price)}, {period}"
    now = "which does not apply any more" if alert.resolved_price is None else f"with {priced(alert.resolved_price)}"
    return f"{subscription} is below {threshold} again, {now}, {period}"


def _describe(subscription: Subscription) -> str:
    identifiers = ", ".join(filter(None, (subscription.phone_number, subscription.external_id)))
    return f"subscription {subscription.pk} ({identifiers})" if identifiers else f"subscription {subscription.pk}"
