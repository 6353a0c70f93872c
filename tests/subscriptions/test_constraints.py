"""The database refuses two assignments of one value at one time, by any writer and by many at once."""

from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Barrier, Thread
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction

from tests.sessions import new_connection
from wingtel.subscriptions.models import Kind, Plan, Subscription, SubscriptionIdentifier, SubscriptionPlan

pytestmark = pytest.mark.django_db

JAN, MAR, MAY = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 3, 5))
NUMBER = "+12025550100"


@pytest.fixture
def lines() -> list[int]:
    return [Subscription.objects.create(carrier=carrier).pk for carrier in ("att", "sprint")]


def assign(subscription: int, first: datetime | None, last: datetime | None, value: str = NUMBER, **of: Any) -> int:
    made = SubscriptionIdentifier.objects.create(
        **({"subscription_id": subscription, "kind": Kind.MSISDN, "value": value} | of), valid_from=first, valid_to=last
    )
    return made.pk


def broken_constraint(subscription: int, *period: datetime | None, **of: Any) -> str | None:
    """Return the constraint that an assignment breaks."""
    try:
        with transaction.atomic():
            assign(subscription, *period, **of)
    except IntegrityError as error:
        return error.__cause__.diag.constraint_name if isinstance(error.__cause__, psycopg.Error) else None
    return None


PERIODS = [(None, None), (None, MAR), (JAN, MAR), (JAN, None), (MAR, MAY), (MAR, None), (None, JAN), (MAY, None)]


def overlap(one: tuple[Any, Any], other: tuple[Any, Any]) -> bool:
    least, most = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    return (one[0] or least) < (other[1] or most) and (other[0] or least) < (one[1] or most)


@pytest.mark.parametrize("held", PERIODS)
@pytest.mark.parametrize("wanted", PERIODS)
def test_a_value_is_assigned_once_at_a_time(lines: list[int], held: tuple[Any, Any], wanted: tuple[Any, Any]) -> None:
    assign(lines[0], *held)

    rejected = broken_constraint(lines[1], *wanted) == "subscription_identifier_once"

    assert rejected == overlap(held, wanted)


def test_other_values_and_kinds_are_free(lines: list[int]) -> None:
    assign(lines[0], None, None)

    assert broken_constraint(lines[0], None, None, value="+12025550101") is None
    assert broken_constraint(lines[1], None, None, kind=Kind.EXTERNAL_ID) is None


def test_values_that_look_alike_are_told_apart(lines: list[int]) -> None:
    for number in range(400):
        assign(lines[number % 2], None, None, value=f"+1202555{number * 25:04}")

    assert SubscriptionIdentifier.objects.count() == 400


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.MSISDN, "12025550100"), (Kind.MSISDN, "+1 202"), (Kind.MSISDN, "+1234567890123456"), (Kind.MSISDN, "abc"),
        (Kind.IMSI, "12345"), (Kind.ICCID, "8901F"), (Kind.DEVICE_ID, " x"), (Kind.DEVICE_ID, "x" * 41),
        (Kind.EXTERNAL_ID, ""), (Kind.EXTERNAL_ID, "x" * 101), ("fax", "1"),
    ],
)  # fmt: skip
def test_what_is_not_in_normal_form_is_refused(lines: list[int], kind: str, value: str) -> None:
    assert broken_constraint(lines[0], None, None, kind=kind, value=value) == "subscription_identifier_form"


@pytest.mark.parametrize("period", [(MAR, MAR), (MAR, JAN)])
def test_an_assignment_has_a_length(lines: list[int], period: tuple[datetime, datetime]) -> None:
    assert broken_constraint(lines[0], *period) == "subscription_identifier_period"


@pytest.mark.parametrize("held", PERIODS)
@pytest.mark.parametrize("wanted", PERIODS)
def test_a_subscription_has_one_plan_at_a_time(
    lines: list[int], held: tuple[Any, Any], wanted: tuple[Any, Any]
) -> None:
    plans = [Plan.objects.create(name=name).pk for name in ("Old", "New")]

    def give(subscription: int, plan: int, period: tuple[Any, Any]) -> None:
        SubscriptionPlan.objects.create(
            subscription_id=subscription, plan_id=plan, valid_from=period[0], valid_to=period[1]
        )

    give(lines[0], plans[0], held)
    give(lines[1], plans[0], held)
    try:
        with transaction.atomic():
            give(lines[0], plans[1], wanted)
    except IntegrityError:
        assert overlap(held, wanted)
    else:
        assert not overlap(held, wanted)


def test_what_is_dated_goes_with_its_subscription(lines: list[int]) -> None:
    assign(lines[0], None, None)
    SubscriptionPlan.objects.create(subscription_id=lines[0], plan=Plan.objects.create(name="Old"))

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM wingtel_subscription WHERE id = %s", [lines[0]])

    assert (SubscriptionIdentifier.objects.count(), SubscriptionPlan.objects.count()) == (0, 0)


@pytest.fixture
def sessions(transactional_db: None) -> Iterator[list[psycopg.Connection[Any]]]:
    opened = [new_connection() for _ in range(6)]
    yield opened
    for session in opened:
        session.close()


@pytest.mark.parametrize("isolation", psycopg.IsolationLevel)
def test_of_many_sessions_that_assign_a_value_at_once_one_does(
    sessions: list[psycopg.Connection[Any]], isolation: psycopg.IsolationLevel
) -> None:
    ids = [Subscription.objects.create(carrier="att").pk for _ in sessions]
    together, taken = Barrier(len(sessions)), []

    def take(session: psycopg.Connection[Any], subscription: int) -> None:
        session.isolation_level = isolation
        session.execute("SELECT FROM wingtel_subscription_identifier")  # take the snapshot that it keeps
        together.wait()
        try:
            session.execute(
                "INSERT INTO wingtel_subscription_identifier (subscription_id, kind, value) VALUES (%s, 'msisdn', %s)",
                [subscription, NUMBER],
            )
            session.commit()
        except (
            psycopg.errors.ExclusionViolation,
            psycopg.errors.DeadlockDetected,
            psycopg.errors.SerializationFailure,
        ):
            session.rollback()
        else:
            taken.append(subscription)

    threads = [Thread(target=take, args=pair) for pair in zip(sessions, ids, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [row.subscription_id for row in SubscriptionIdentifier.objects.all()] == taken
    assert len(taken) == 1
