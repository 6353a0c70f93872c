"""Alerts by e-mail, through the backend that Django is set to: all that is due to an address in one message."""

from collections.abc import Sequence
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage

from wingtel.aggregates.serialization import priced
from wingtel.limits.models import Delivery
from wingtel.subscriptions.models import Subscription

from .webhook_client import LONGEST_ERROR


def send(address: str, deliveries: Sequence[Delivery]) -> str:
    """Send one message; why it failed, or nothing."""
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
        return f"{type(error).__name__}: {error}"[:LONGEST_ERROR]
    return ""


def _line(delivery: Delivery) -> str:
    alert, limit = delivery.alert, delivery.alert.price_limit
    what = f"{alert.threshold_percent} % of {limit} ({priced(limit.amount)}, {alert.usage_type or 'data and voice'})"
    period = f"{alert.first} to {alert.last}"
    who = _named(alert.subscription)
    if delivery.event == Delivery.Event.OPENED or alert.resolved_at is None:
        return f"{who} reached {what} with {priced(alert.price)}, {period}"
    now = "which does not apply any more" if alert.resolved_price is None else f"with {priced(alert.resolved_price)}"
    return f"{who} is below {what} again, {now}, {period}"


def _named(subscription: Subscription) -> str:
    told = ", ".join(filter(None, (subscription.phone_number, subscription.external_id)))
    return f"subscription {subscription.pk} ({told})" if told else f"subscription {subscription.pk}"
