"""Sending what is due: webhooks and e-mails, retried with backoff, given up after the last try, replayed on request.

A delivery is claimed before it is sent, so that of several senders one sends it; if that one is killed, the claim
runs out and another does. So each is sent at least once, and the receiver tells repetitions by their id.
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
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from wingtel.limits.models import Delivery, WebhookEndpoint

from . import emails, messages, webhook_client
from .webhook_client import Outcome

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
"""How long after each failed attempt the next one comes, as the Standard Webhooks specification recommends; after the
last it is given up."""

JITTER = 0.1
"""A wait is longer by up to this share, so that what failed at the same moment does not come back at the same
moment."""

CLAIM = timedelta(minutes=5)
"""Nobody else tries a delivery for so long."""

PART = 40
"""Deliveries claimed at once; sent well within CLAIM even if each takes all the time it may."""

SENDERS = 8

LONGEST_WAIT = timedelta(days=1)


@dataclass(frozen=True)
class Sent:
    """How many deliveries went through, failed and will be tried again, and were given up."""

    delivered: int = 0
    failed: int = 0
    dead: int = 0

    def __add__(self, other: "Sent") -> "Sent":
        return Sent(self.delivered + other.delivered, self.failed + other.failed, self.dead + other.dead)


def deliver_due(*, most: int = 1000) -> Sent:
    """Send what is due, `most` at most; safe when several do. What fails is an outcome, and raises nothing."""
    sent, claimed = Sent(), 0
    with webhook_client.client() as client, ThreadPoolExecutor(SENDERS) as senders:
        while claimed < most and (deliveries := _claim(min(PART, most - claimed))):
            claimed += len(deliveries)
            posts = [delivery for delivery in deliveries if delivery.endpoint]
            outcomes: Iterable[Outcome] = senders.map(_post(client), posts)
            for delivery, outcome in zip(posts, outcomes, strict=True):
                sent += _settle(delivery, outcome)
            for delivery, outcome in _mailed([delivery for delivery in deliveries if not delivery.endpoint]):
                sent += _settle(delivery, outcome)
    return sent


def replay(deliveries: QuerySet[Delivery]) -> int:
    """Make some deliveries due again, from the first attempt on, whatever became of them; how many those are."""
    return deliveries.update(
        state=Delivery.State.DUE, attempts=0, due_at=timezone.now(), delivered_at=None, response_status=None, error=""
    )


def _claim(most: int) -> list[Delivery]:
    """Take some that are due, so that nobody else does for a while."""
    now = timezone.now()
    due = Delivery.objects.filter(
        Q(endpoint=None) | Q(endpoint__enabled=True), state=Delivery.State.DUE, due_at__lte=now
    ).order_by("due_at")
    with transaction.atomic():
        found = list(
            due.select_for_update(skip_locked=True, of=("self",)).select_related(
                "endpoint", "alert__price_limit", "alert__subscription"
            )[:most]
        )
        for delivery in found:
            delivery.attempts, delivery.due_at = delivery.attempts + 1, now + CLAIM
        Delivery.objects.bulk_update(found, ["attempts", "due_at"])
    return found


def _post(client: httpx.Client) -> Callable[[Delivery], Outcome]:
    def post(delivery: Delivery) -> Outcome:
        endpoint, now = delivery.endpoint, datetime.now(UTC)
        if endpoint is None:
            raise TypeError(f"delivery {delivery.pk} goes to no endpoint")
        headers, body = messages.signed(delivery, endpoint.secrets_at(now), now)
        return webhook_client.post(client, endpoint.url, headers, body)

    return post


def _mailed(deliveries: Sequence[Delivery]) -> Iterator[tuple[Delivery, Outcome]]:
    """One e-mail to each address, of all that is due to it."""
    for address, group in groupby(sorted(deliveries, key=attrgetter("email", "pk")), key=attrgetter("email")):
        to_it = list(group)
        outcome = Outcome(None, emails.send(address, to_it))
        yield from ((delivery, outcome) for delivery in to_it)


def _settle(delivery: Delivery, outcome: Outcome) -> Sent:
    """Note what became of an attempt, unless its claim ran out meanwhile or it was replayed."""
    now = timezone.now()
    changes: dict[str, Any] = {"response_status": outcome.status, "error": outcome.error}
    if outcome.accepted:
        sent, changes = Sent(delivered=1), changes | {"state": Delivery.State.DELIVERED, "delivered_at": now}
    elif delivery.attempts > len(SCHEDULE):
        sent, changes = Sent(dead=1), changes | {"state": Delivery.State.DEAD}
    else:
        sent, changes = Sent(failed=1), changes | {"due_at": now + _wait(delivery.attempts, outcome.retry_after)}
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


def _wait(attempts: int, asked: timedelta | None) -> timedelta:
    """How long to wait after so many attempts, or longer where the endpoint asks for it."""
    wait = SCHEDULE[attempts - 1]
    jitter = 1 + JITTER * random.random()  # noqa: S311 - nothing is to be guarded
    return max(wait * jitter, min(asked or timedelta(0), LONGEST_WAIT))
