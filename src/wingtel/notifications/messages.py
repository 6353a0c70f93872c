"""What is sent of an event, signed as the Standard Webhooks specification says (https://www.standardwebhooks.com).

An event is sent under the same `webhook-id` to every endpoint, at every attempt and replay: the receiver tells by it
what it had already.
"""

from datetime import datetime

import msgspec
from standardwebhooks import Webhook

from wingtel import __version__
from wingtel.limits.models import Delivery
from wingtel.limits.serialization import event_answer


def webhook_id(delivery: Delivery) -> str:
    """The same for all deliveries of an event, and for none of another."""
    return f"msg_{delivery.alert_id}_{delivery.event.removeprefix('alert.')}"


def signed(delivery: Delivery, secrets: list[str], now: datetime) -> tuple[dict[str, str], bytes]:
    """Headers and body of an attempt at `now` (UTC), with a signature by each secret."""
    body = msgspec.json.encode(event_answer(delivery))
    identity = webhook_id(delivery)
    signatures = [Webhook(secret).sign(identity, now, body.decode()) for secret in secrets]
    headers = {
        "content-type": "application/json",
        "user-agent": f"Wingtel/{__version__}",
        "webhook-id": identity,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
    return headers, body
