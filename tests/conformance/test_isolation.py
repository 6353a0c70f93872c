"""Statements that read raw records for the aggregates must see what was committed meanwhile, or are rejected.

Under REPEATABLE READ a transaction keeps its first snapshot: TRUNCATE and a repair would leave out records that were
committed since, and the aggregates would be wrong. Other statements only add and subtract their own rows.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from psycopg import IsolationLevel
from psycopg.errors import RaiseException

from tests.conformance.oracle import differences
from tests.sessions import new_connection
from wingtel.aggregates.rebuild import rebuild_day
from wingtel.lifecycle.reconciliation import reconcile
from wingtel.subscriptions.models import Subscription
from wingtel.usage import partitions
from wingtel.usage.models import DataUsageRecord

pytestmark = pytest.mark.django_db(transaction=True)

DAY = date(2026, 3, 1)


@pytest.fixture
def session() -> psycopg.Connection[tuple[object, ...]]:
    """Return a REPEATABLE READ session that took its snapshot before a record was committed."""
    partitions.ensure([DAY])
    subscription = Subscription.objects.create(carrier="att")
    session = new_connection()
    session.isolation_level = IsolationLevel.REPEATABLE_READ
    session.execute("SELECT count(*) FROM wingtel_subscription")
    DataUsageRecord.objects.create(
        subscription=subscription, usage_date=datetime(2026, 3, 1, tzinfo=UTC), kilobytes_used=1, price=Decimal(1)
    )
    return session


@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE wingtel_data_usage_record",
        "TRUNCATE wingtel_data_usage_record_20260301",
    ],
)
def test_a_statement_that_would_miss_records_is_refused(
    session: psycopg.Connection[tuple[object, ...]], statement: str
) -> None:
    with session, pytest.raises(RaiseException, match="READ COMMITTED"):
        session.execute(statement)
    assert differences() == []


def test_writing_is_exact_under_repeatable_read(session: psycopg.Connection[tuple[object, ...]]) -> None:
    with session:
        session.execute(
            "INSERT INTO wingtel_data_usage_record SELECT 'r', '2026-03-01 12:00Z', id + 1, 2, 3 FROM "
            "wingtel_subscription LIMIT 1"
        )
        session.commit()
    assert differences() == []


@transaction.atomic
def after_another_has_written(repair: Callable[[], object]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT count(*) FROM wingtel_subscription")
    with new_connection() as other:
        other.execute("UPDATE wingtel_data_usage_record SET price = price + 5")
    repair()


@pytest.mark.parametrize(
    ("repair", "reason"),
    [
        (lambda: reconcile(DAY, DAY, repair=True), "READ COMMITTED"),
        (lambda: rebuild_day(DAY), "could not serialize access"),
    ],
    ids=["repair", "rebuild of a day"],
)
def test_damage_is_not_repaired_by_what_is_no_longer_so(repair: Callable[[], object], reason: str) -> None:
    partitions.ensure([DAY])
    DataUsageRecord.objects.create(
        subscription=Subscription.objects.create(carrier="att"),
        usage_date=datetime(2026, 3, 1, tzinfo=UTC),
        kilobytes_used=1,
        price=Decimal(1),
    )
    with connection.cursor() as cursor:
        cursor.execute("UPDATE wingtel_daily_usage SET price = price + 1")
    with pytest.raises(DatabaseError, match=reason):
        after_another_has_written(repair)
    repair()
    assert reconcile(DAY, DAY, repair=True).drift_keys in {0, 1}  # a rebuild of the day changes its month too
    assert differences() == []
