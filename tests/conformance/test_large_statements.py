"""Statements of many rows, which strategies may count in another way than statements of a few."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from tests.capabilities import under_strategies
from tests.conformance.at_once import Session, in_threads
from tests.conformance.conftest import ways
from tests.conformance.oracle import differences, records_kept
from tests.conformance.writing import CHANGE, DELETE, WRITE, Row
from wingtel.aggregates.strategies import Strategy
from wingtel.subscriptions.models import Subscription
from wingtel.usage import partitions
from wingtel.usage.models import DataUsageRecord

DAYS = [date(2026, 3, 31), date(2026, 4, 1)]
MANY = 700


@pytest.fixture
def subscription_ids(strategy: Strategy) -> list[int]:
    partitions.ensure(DAYS)
    created = Subscription.objects.bulk_create(Subscription(carrier="att") for _ in range(MANY))
    return [subscription.pk for subscription in created]


def drawn_rows(drawn: random.Random, prefix: str, subscription_ids: list[int], days: int = 1) -> list[Row]:
    return [
        (
            f"{prefix}-{number}",
            datetime(2026, 3, 31, 12, tzinfo=UTC) + timedelta(days=drawn.randrange(days)),
            subscription_id,
            Decimal(drawn.randrange(10**5)) / 10**4,
            drawn.randrange(2**40),
        )
        for number, subscription_id in enumerate(drawn.sample(subscription_ids, MANY))
    ]


@pytest.mark.parametrize("days", [1, 2])
def test_many_rows_are_counted_when_stored_changed_and_deleted(
    strategy: Strategy, subscription_ids: list[int], days: int
) -> None:
    for round_ in range(2):  # all keys are new, then all exist
        for way in ways(strategy):
            rows = drawn_rows(random.Random(round_), f"{way}-{round_}", subscription_ids, days)
            WRITE[way](DataUsageRecord, rows)
            assert differences() == []
    for way in set(ways(strategy)) & set(CHANGE):
        CHANGE[way](DataUsageRecord, way)
        assert differences() == []
        assert DELETE[way](DataUsageRecord, f"{way}-0") == MANY
        assert differences() == []


def test_writers_of_many_rows_on_the_same_new_keys_lose_nothing(
    strategy: Strategy, subscription_ids: list[int]
) -> None:
    chosen = ways(strategy)

    def write(writer: int) -> int:
        drawn = random.Random(writer)
        for batch in range(3):
            way = chosen[(writer + batch) % len(chosen)]
            WRITE[way](DataUsageRecord, drawn_rows(drawn, f"{writer}-{batch}", subscription_ids, 2))
        return 3 * MANY

    left = in_threads(*[partial(write, writer) for writer in range(4)])
    assert differences() == []
    assert records_kept() == sum(left)


def test_two_sessions_that_store_the_same_keys_first_are_both_counted(
    strategy: Strategy, subscription_ids: list[int], monitor: psycopg.Connection[Any]
) -> None:
    way = ways(strategy)[-1]
    first, second = Session(monitor), Session(monitor)
    for name, session in (("first", first), ("second", second)):
        session.take(session.begin)
        rows = drawn_rows(random.Random(name), name, subscription_ids)
        session.take(partial(WRITE[way], DataUsageRecord, rows))
    first.take(first.commit)
    second.take(second.commit)
    first.finish()
    second.finish()
    assert differences() == []
    assert records_kept() == 2 * MANY


@under_strategies("counts_sql")
def test_a_table_that_is_known_to_be_empty_is_not_read_for_each_key_that_comes(
    strategy: Strategy, subscription_ids: list[int]
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE wingtel_daily_usage, wingtel_monthly_usage, wingtel_lifetime_usage")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO wingtel_data_usage_record (record_id, usage_date, subscription_id, price, kilobytes_used)
               SELECT id, '2026-03-31 12:00Z', id, 0.0001, 1 FROM unnest(%s::bigint[]) AS id""",
            [subscription_ids],
        )
        cursor.execute(
            """SELECT relname, seq_scan FROM pg_stat_xact_user_tables
               WHERE relname IN ('wingtel_daily_usage', 'wingtel_monthly_usage', 'wingtel_lifetime_usage')
                 AND seq_scan > 10"""
        )
        assert cursor.fetchall() == []
    assert differences() == []


@under_strategies("has_deltas")
def test_a_hundred_thousand_records_of_a_statement_are_counted_at_once(
    strategy: Strategy, subscription_ids: list[int]
) -> None:
    insert_hundred_thousand(min(subscription_ids))
    assert strategy.backlog().records == 0
    assert differences() == []


@under_strategies("has_deltas")
def test_a_truncate_of_more_records_than_a_delta_holds_is_appended_in_several(
    strategy: Strategy, subscription_ids: list[int], monitor: psycopg.Connection[Any]
) -> None:
    insert_hundred_thousand(min(subscription_ids), more=1)
    monitor.execute(
        "SELECT pg_advisory_lock(hashtext('wingtel_usage_delta'))"
    )  # as a session that merges: others do not
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE wingtel_data_usage_record")
        cursor.execute("SELECT records, cardinality(prices) FROM wingtel_usage_delta ORDER BY records")
        assert cursor.fetchall() == [(-100_000, 100_000), (-1, 1)]
    assert differences() == []
    monitor.execute("SELECT pg_advisory_unlock(hashtext('wingtel_usage_delta'))")
    assert strategy.merge() == 100_001
    assert differences() == []


def insert_hundred_thousand(first: int, more: int = 0) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO wingtel_data_usage_record (record_id, usage_date, subscription_id, price, kilobytes_used)
               SELECT number, '2026-03-31 12:00Z', %s + number %% 700, 0.0001, 1
               FROM generate_series(1, %s) AS number""",
            [first, 100_000 + more],
        )
