"""Under `incremental`, writers merge pending deltas past a bound, one at a time, and the others go on."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from tests.capabilities import under_strategies
from tests.conformance.oracle import differences, records_kept
from tests.sessions import new_connection
from wingtel.aggregates import strategies
from wingtel.aggregates.strategies import Strategy
from wingtel.subscriptions.models import Subscription
from wingtel.usage import partitions

DAY = date(2026, 3, 10)
BOUND, MORE = 100_000, 120_000
ENOUGH = 10_001
"""The records of one statement that is certain to count the backlog."""
INSERT = """
    INSERT INTO wingtel_data_usage_record (record_id, usage_date, subscription_id, price, kilobytes_used)
    SELECT gen_random_uuid()::text, '2026-03-10 12:00Z', %s + n %% 50, 0.25, n FROM generate_series(1, %s) AS n
"""


pytestmark = under_strategies("has_deltas")


@pytest.fixture
def first(strategy: Strategy) -> int:
    """Return the first of fifty subscriptions."""
    partitions.ensure([DAY])
    return Subscription.objects.bulk_create(Subscription(carrier="att") for _ in range(50))[0].pk


@pytest.fixture
def other() -> Iterator[psycopg.Connection[Any]]:
    """Yield another session, whose transaction is rolled back."""
    with new_connection() as session:
        yield session
        session.rollback()


def write(first: int, records: int) -> None:
    """Insert records, in two statements if one would count them at once."""
    with connection.cursor() as cursor:
        for size in [records // 2] * 2 if records >= BOUND else [records]:
            cursor.execute(INSERT, [first, size])


def backlog() -> int:
    strategy = strategies.active()
    assert strategy is not None
    return strategy.backlog().records


def test_a_writer_merges_past_the_bound(first: int) -> None:
    write(first, BOUND)
    assert backlog() == BOUND
    write(first, ENOUGH)
    assert backlog() == 0
    assert records_kept() == BOUND + ENOUGH
    assert differences() == []


def test_small_statements_merge_too(first: int) -> None:
    write(first, BOUND)
    for _ in range(10_000):
        write(first, 50)
        if backlog() == 0:
            break
    assert backlog() == 0
    assert differences() == []


def test_a_writer_does_not_wait_for_another_that_merges(first: int, other: psycopg.Connection[Any]) -> None:
    for _ in range(2):
        other.execute(INSERT, [first, MORE // 2])  # merged, in a transaction that stays open
    write(first, MORE)
    assert backlog() == MORE
    assert differences() == []
    other.commit()
    write(first, ENOUGH)
    assert (backlog(), records_kept(), differences()) == (0, 2 * MORE + ENOUGH, [])


def test_a_writer_does_not_wait_for_a_row_that_another_holds(first: int, other: psycopg.Connection[Any]) -> None:
    write(first, MORE)
    other.execute("SELECT FROM wingtel_daily_usage WHERE subscription_id = %s FOR UPDATE", [first])
    write(first, MORE)
    assert backlog() == MORE
    other.rollback()
    write(first, ENOUGH)
    assert (backlog(), records_kept(), differences()) == (0, 2 * MORE + ENOUGH, [])


def test_the_task_does_not_wait_for_a_row_that_another_holds(
    strategy: Strategy, first: int, other: psycopg.Connection[Any]
) -> None:
    write(first, BOUND)
    assert strategy.merge() == BOUND
    write(first, 10)
    other.execute("SELECT FROM wingtel_daily_usage WHERE subscription_id = %s FOR UPDATE", [first + 1])
    assert strategy.merge() is None
    assert (backlog(), differences()) == (10, [])
    other.rollback()
    assert strategy.merge() == 10
    assert (backlog(), differences()) == (0, [])


def test_a_transaction_above_read_committed_appends_alone(first: int) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        write(first, MORE)
    assert (backlog(), records_kept(), differences()) == (MORE, MORE, [])


def test_a_merge_that_is_rolled_back_leaves_what_was_pending(first: int) -> None:
    write(first, BOUND)
    transaction.set_autocommit(False)
    write(first, ENOUGH)
    assert backlog() == 0
    transaction.rollback()
    transaction.set_autocommit(True)
    assert (backlog(), records_kept(), differences()) == (BOUND, BOUND, [])
