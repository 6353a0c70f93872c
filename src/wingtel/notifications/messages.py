"""Webhook messages, signed as the Standard Webhooks specification says (https://www.standardwebhooks.com).

An event is sent under the same `webhook-id` to every endpoint, at every attempt and replay. By it the receiver
recognises an event that it has.
"""

from datetime import datetime

import msgspec
from standardwebhooks import Webhook

from wingtel import __version__

from .models import Delivery
from .serialization import event_answer


def webhook_id(delivery: Delivery) -> str:
    """Return an id that all deliveries of one event share, and no other event has."""
    return f"msg_{delivery.alert_id}_{delivery.event.removeprefix('alert.')}"


def sign(delivery: Delivery, secrets: list[str], now: datetime) -> tuple[dict[str, str], bytes]:
    """Return the headers and the body of an attempt at `now` (UTC), with a signature by each secret."""
    body = msgspec.json.encode(event_answer(delivery))
    message_id = webhook_id(delivery)
    signatures = [Webhook(secret).sign(message_id, now, body.decode()) for secret in secrets]
    headers = {
        "content-type": "application/json",
        "user-agent": f"Wingtel/{__version__}",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
    return headers, body
