"""What is sent of an event, signed as the Standard Webhooks specification says (https://www.standardwebhooks.com).

An event is sent under the same `webhook-id` to every endpoint, at every attempt and replay: the receiver tells by it
what it had already.
"""

from datetime import datetime
from typing import Any

import msgspec
from standardwebhooks import Webhook

from wingtel import __version__
from wingtel.aggregates.answers import moment

from .answers import alert_answer
from .models import Delivery


def webhook_id(delivery: Delivery) -> str:
    """The same for all deliveries of an event, and for none of another."""
    return f"msg_{delivery.alert_id}_{delivery.event.removeprefix('alert.')}"


def payload(delivery: Delivery) -> dict[str, Any]:
    """The event: its type, the moment at which it happened, and the alert as it was then."""
    alert = delivery.alert
    data = alert_answer(alert)
    happened = alert.recovered_at
    if delivery.event == Delivery.Event.RAISED or happened is None:
        data |= {"state": "open", "recovered_at": None, "recovered_price": None}
        happened = alert.raised_at
    return {"type": delivery.event, "timestamp": moment(happened), "data": data | {"limit": alert.price_limit.name}}


def signed(delivery: Delivery, secrets: list[str], now: datetime) -> tuple[dict[str, str], bytes]:
    """Headers and body of an attempt at `now` (UTC), with a signature by each secret."""
    body = msgspec.json.encode(payload(delivery))
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
