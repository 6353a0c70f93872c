"""Concurrent changes of one subscription leave its columns in step, in every isolation level."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import psycopg
import pytest
from psycopg.errors import CheckViolation, ExclusionViolation, SerializationFailure

from tests.sessions import new_connection
from wingtel.subscriptions.models import Subscription, SubscriptionIdentifier

pytestmark = pytest.mark.django_db(transaction=True)

MAY = datetime(2026, 5, 1, tzinfo=UTC)
A, B = "+12025550101", "+12025550102"
ASSIGN = "INSERT INTO wingtel_subscription_identifier (subscription_id, kind, value) VALUES (%s, 'msisdn', %s)"
CHANGES: dict[str, tuple[str, tuple[Any, ...]]] = {
    "assign another": (ASSIGN, (1, B)),
    "end the first": ("UPDATE wingtel_subscription_identifier SET valid_to = %s WHERE subscription_id = %s", (MAY, 1)),
    "delete the subscription": ("UPDATE wingtel_subscription SET deleted_at = %s WHERE id = %s", (MAY, 1)),
    "write the other": ("UPDATE wingtel_subscription SET phone_number = %s WHERE id = %s", (B, 1)),
    "write nothing": ("UPDATE wingtel_subscription SET phone_number = '' WHERE id = %s", (1,)),
}


@pytest.fixture
def sessions() -> Iterator[list[psycopg.Connection[Any]]]:
    opened = [new_connection() for _ in range(3)]
    opened[2].autocommit = True
    yield opened
    for session in opened:
        session.close()


def both(sessions: list[psycopg.Connection[Any]], first: Callable[[], Any], second: Callable[[], Any]) -> None:
    """Do the first in a transaction, and begin the second, which may have to wait.

    Commit both, or roll back one that fails.
    """
    for session in sessions[:2]:
        session.execute("SELECT FROM wingtel_subscription")  # take the snapshot that it keeps above READ COMMITTED
    first()
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(second)
        while wait([waiting], timeout=0.003).not_done:
            blocked = sessions[2].execute("SELECT pg_blocking_pids(%s)", [sessions[1].info.backend_pid]).fetchone()
            if blocked and blocked[0]:
                break
        sessions[0].commit()
        try:
            waiting.result(timeout=60)
            sessions[1].commit()
        except (CheckViolation, ExclusionViolation, SerializationFailure):
            sessions[1].rollback()


@pytest.mark.parametrize("isolation", [psycopg.IsolationLevel.READ_COMMITTED, psycopg.IsolationLevel.REPEATABLE_READ])
@pytest.mark.parametrize(("first", "second"), list(permutations(CHANGES, 2)))
def test_the_column_shows_what_holds_after_both(
    sessions: list[psycopg.Connection[Any]], isolation: psycopg.IsolationLevel, first: str, second: str
) -> None:
    Subscription.objects.create(pk=1, carrier="att", phone_number=A)
    for session in sessions[:2]:
        session.isolation_level = isolation

    both(sessions, lambda: sessions[0].execute(*CHANGES[first]), lambda: sessions[1].execute(*CHANGES[second]))

    subscription = Subscription.objects.get(pk=1)
    held = set(SubscriptionIdentifier.objects.filter(valid_to=None).values_list("value", flat=True))
    if subscription.deleted_at:
        assert held == set()
    else:
        assert subscription.phone_number in (held or {""})


def test_of_two_subscriptions_that_are_given_a_number_at_once_one_has_it(
    sessions: list[psycopg.Connection[Any]],
) -> None:
    for pk in (1, 2):
        Subscription.objects.create(pk=pk, carrier="att")
    write = "UPDATE wingtel_subscription SET phone_number = %s WHERE id = %s"

    both(sessions, lambda: sessions[0].execute(write, [A, 1]), lambda: sessions[1].execute(write, [A, 2]))

    assert list(Subscription.objects.values_list("pk", "phone_number")) == [(1, A), (2, "")]
    assert list(SubscriptionIdentifier.objects.values_list("subscription_id", "value")) == [(1, A)]
