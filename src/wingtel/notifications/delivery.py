"""Delivery of due webhooks and e-mails: retried with backoff, failed after the last attempt, replayed on request.

A delivery is claimed before it is sent, so only one of several processes sends it. If that one is killed, the claim
expires, and another process sends it. So each is sent at least once, and the receiver recognises repetitions by their
id.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any

import httpx
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from wingtel import sql
from wingtel.db.arrays import array
from wingtel.limits.models import AlertEventType

from . import emails, webhook_client
from .models import Delivery, WebhookEndpoint
from .webhook_client import Outcome

_SQL = sql.statements(__package__, "sql/delivery.sql")

SCHEDULE = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""Delays after each failed attempt, as the Standard Webhooks specification recommends.

After the last attempt the delivery has failed.
"""

JITTER = 0.1
"""Share by which a delay may be longer.

So deliveries that failed together are not retried together.
"""

CLAIM = timedelta(minutes=5)
"""Time during which no other process attempts a claimed delivery."""

BATCH_SIZE = 40
"""Deliveries claimed at once; sent well within CLAIM even if each takes all the time it may."""

THREADS = 8

MAX_DELAY = timedelta(days=1)


@dataclass(frozen=True)
class Sent:
    """Counts of deliveries that went through, that will be retried, and that failed for good."""

    delivered: int = 0
    retrying: int = 0
    failed: int = 0

    def __add__(self, other: "Sent") -> "Sent":
        return Sent(self.delivered + other.delivered, self.retrying + other.retrying, self.failed + other.failed)


def insert_deliveries(event: AlertEventType, alerts: Iterable[int]) -> None:
    """Store a delivery of an event of some alerts for each endpoint and e-mail address, in the caller's transaction."""
    parameters: dict[str, Any] = {
        "event": event.value,
        "alerts": array(map(str, alerts)),
        "emails": settings.WINGTEL_ALERT_EMAILS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SQL["insert_deliveries"], parameters)


def deliver_due(*, most: int = 1000) -> Sent:
    """Send up to `most` deliveries that are due.

    Safe when several processes do so. A failure is an outcome, and raises nothing.
    """
    sent, claimed = Sent(), 0
    with webhook_client.client() as client, ThreadPoolExecutor(THREADS) as threads:
        while claimed < most and (deliveries := _claim(min(BATCH_SIZE, most - claimed))):
            claimed += len(deliveries)
            webhooks = [delivery for delivery in deliveries if delivery.endpoint]
            outcomes: Iterable[Outcome] = threads.map(_post(client), webhooks)
            for delivery, outcome in zip(webhooks, outcomes, strict=True):
                sent += _store_outcome(delivery, outcome)
            for delivery, outcome in _send_emails([delivery for delivery in deliveries if not delivery.endpoint]):
                sent += _store_outcome(delivery, outcome)
    return sent


def replay(deliveries: QuerySet[Delivery]) -> int:
    """Make some deliveries due again, from the first attempt on, in any state; return how many."""
    return deliveries.update(
        state=Delivery.State.DUE, attempts=0, due_at=timezone.now(), delivered_at=None, response_status=None, error=""
    )


def _claim(limit: int) -> list[Delivery]:
    """Claim some due deliveries, so that no other process sends them for a while."""
    now = timezone.now()
    due = Delivery.objects.filter(
        Q(endpoint=None) | Q(endpoint__enabled=True), state=Delivery.State.DUE, due_at__lte=now
    ).order_by("due_at")
    with transaction.atomic():
        deliveries = list(
            due.select_for_update(skip_locked=True, of=("self",)).select_related(
                "endpoint", "alert__price_limit", "alert__subscription"
            )[:limit]
        )
        for delivery in deliveries:
            delivery.attempts, delivery.due_at = delivery.attempts + 1, now + CLAIM
        Delivery.objects.bulk_update(deliveries, ["attempts", "due_at"])
    return deliveries


def _post(client: httpx.Client) -> Callable[[Delivery], Outcome]:
    def post(delivery: Delivery) -> Outcome:
        endpoint, now = delivery.endpoint, datetime.now(UTC)
        if endpoint is None:
            raise TypeError(f"delivery {delivery.pk} goes to no endpoint")
        headers, body = webhook_client.sign(delivery, endpoint.secrets_at(now), now)
        return webhook_client.post(client, endpoint.url, headers, body)

    return post


def _send_emails(deliveries: Sequence[Delivery]) -> Iterator[tuple[Delivery, Outcome]]:
    """Send one e-mail to each address, about all that is due to it; yield the outcome for each delivery."""
    for address, group in groupby(sorted(deliveries, key=attrgetter("email", "pk")), key=attrgetter("email")):
        batch = list(group)
        outcome = Outcome(None, emails.send(address, batch))
        yield from ((delivery, outcome) for delivery in batch)


def _store_outcome(delivery: Delivery, outcome: Outcome) -> Sent:
    """Store the outcome of an attempt, unless its claim expired meanwhile or it was replayed."""
    now = timezone.now()
    changes: dict[str, Any] = {"response_status": outcome.status, "error": outcome.error}
    if outcome.accepted:
        sent, changes = Sent(delivered=1), changes | {"state": Delivery.State.DELIVERED, "delivered_at": now}
    elif delivery.attempts > len(SCHEDULE):
        sent, changes = Sent(failed=1), changes | {"state": Delivery.State.FAILED}
    else:
        sent, changes = (
            Sent(retrying=1),
            changes | {"due_at": now + _retry_delay(delivery.attempts, outcome.retry_after)},
        )
    claimed = Delivery.objects.filter(
        pk=delivery.pk, state=Delivery.State.DUE, attempts=delivery.attempts, due_at=delivery.due_at
    )
    if not claimed.update(**changes):
        return Sent()
    if outcome.gone and delivery.endpoint_id:
        WebhookEndpoint.objects.filter(pk=delivery.endpoint_id).update(
            enabled=False, disabled_because=f"it answered 410 (gone) at {now:%Y-%m-%d %H:%M} UTC"
        )
    return sent


def _retry_delay(attempts: int, requested: timedelta | None) -> timedelta:
    """Return the delay after so many attempts, or a longer one if the endpoint requests it."""
    delay = SCHEDULE[attempts - 1]
    jitter = 1 + JITTER * random.random()  # noqa: S311 - not for security
    return max(delay * jitter, min(requested or timedelta(0), MAX_DELAY))
