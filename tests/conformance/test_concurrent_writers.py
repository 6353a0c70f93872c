"""Concurrent writers of the same subscriptions, with rebuilds and merges: nothing is lost or counted twice."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest

from tests.capabilities import under_strategies
from tests.conformance.at_once import in_threads
from tests.conformance.conftest import ways
from tests.conformance.oracle import differences, records_kept
from tests.conformance.writing import CHANGE, DELETE, MODELS, WRITE, Row
from wingtel.aggregates.rebuild import rebuild_day
from wingtel.aggregates.strategies import Strategy
from wingtel.ingest.inputs import UsageRecordInput
from wingtel.ingest.service import ingest_usage
from wingtel.subscriptions.models import Subscription
from wingtel.usage import partitions
from wingtel.usage.models import DataUsageRecord, UsageType

DAYS = [date(2026, 3, 30) + timedelta(days=n) for n in range(4)]  # over the end of a month
WRITERS = 6
BATCHES = 8
LINES = 40


@pytest.fixture
def subscription_ids(strategy: Strategy) -> list[int]:
    partitions.ensure(DAYS)
    return [Subscription.objects.create(carrier="att").pk for _ in range(20)]


def drawn_rows(drawn: random.Random, prefix: str, subscription_ids: list[int]) -> list[Row]:
    rows = []
    for line in range(LINES):
        day = drawn.choice(DAYS)
        timestamp = datetime(day.year, day.month, day.day, drawn.randrange(23), tzinfo=UTC)
        price = Decimal(drawn.randrange(10**6)) / 10**4
        rows.append((f"{prefix}-{line}", timestamp, drawn.choice(subscription_ids), price, drawn.randrange(2**40)))
    return rows


def write(way: str, writer: int, subscription_ids: list[int]) -> int:
    """Write batches, change and delete some records if the way can, and return the number of records left."""
    drawn = random.Random(writer)
    left = 0
    for batch in range(BATCHES):
        prefix, model = f"{way}-{writer}-{batch}", drawn.choice(MODELS)
        WRITE[way](model, drawn_rows(drawn, prefix, subscription_ids))
        left += LINES
        if way in CHANGE:
            CHANGE[way](model, f"{prefix}-1")
            left -= DELETE[way](model, f"{prefix}-2")
    return left


def writers(strategy: Strategy, subscription_ids: list[int]) -> list[Callable[[], int]]:
    """Return writers, which use the ways that the strategy counts in turn."""
    chosen = ways(strategy)
    return [
        lambda writer=n: write(chosen[writer % len(chosen)], writer, subscription_ids)  # type: ignore[misc]
        for n in range(WRITERS)
    ]


def test_writers_on_the_same_subscriptions_end_equal_to_the_oracle(
    strategy: Strategy, subscription_ids: list[int]
) -> None:
    left = in_threads(*writers(strategy, subscription_ids))
    assert differences() == []
    assert records_kept() == sum(left)


def test_rebuilds_among_writers_lose_nothing_and_count_nothing_twice(
    strategy: Strategy, subscription_ids: list[int]
) -> None:
    def rebuild_often() -> int:
        for n in range(36):
            rebuild_day(DAYS[n % len(DAYS)])
        return 0

    left = in_threads(rebuild_often, rebuild_often, *writers(strategy, subscription_ids))
    assert differences() == []
    assert records_kept() == sum(left)


@under_strategies("has_deltas")
def test_several_merges_among_writers_lose_nothing_and_count_nothing_twice(
    strategy: Strategy, subscription_ids: list[int]
) -> None:

    def merge_often() -> int:
        return sum(strategy.merge() or 0 for _ in range(30)) * 0

    left = in_threads(merge_often, merge_often, *writers(strategy, subscription_ids))
    assert differences() == []
    assert records_kept() == sum(left)
    strategy.merge()
    assert strategy.backlog().records == 0
    assert differences() == []


@under_strategies("counts_models")
def test_writers_that_delete_the_same_records_take_them_away_once(
    strategy: Strategy, subscription_ids: list[int]
) -> None:
    rows = drawn_rows(random.Random(1), "shared", subscription_ids)
    WRITE["models"](DataUsageRecord, rows)
    deleted = in_threads(*[lambda: DELETE["models"](DataUsageRecord, "shared-1")] * 4)
    assert sum(deleted) == 11  # shared-1 and shared-10 to shared-19
    assert differences() == []
    assert records_kept() == LINES - 11


def test_writers_that_ingest_the_same_usage_store_and_count_it_once(
    strategy: Strategy, subscription_ids: list[int]
) -> None:
    rows = drawn_rows(random.Random(2), "shared", subscription_ids)

    def ingest() -> int:
        WRITE["recorded"](DataUsageRecord, rows)
        return 0

    in_threads(*[ingest] * 4)
    assert differences() == []
    assert records_kept() == LINES


def test_sessions_that_ingest_the_same_usage_ingest_it_once(strategy: Strategy, subscription_ids: list[int]) -> None:
    records = [
        UsageRecordInput(usage_type, timestamp, subscription, quantity, price, record_id)
        for usage_type in UsageType
        for record_id, timestamp, subscription, price, quantity in drawn_rows(
            random.Random(7), "same", subscription_ids
        )
    ]

    def ingest(shuffled: random.Random) -> int:
        accepted = 0
        for _ in range(3):
            accepted += ingest_usage(shuffled.sample(records, len(records))).accepted
        return accepted

    assert sum(in_threads(*[partial(ingest, random.Random(seed)) for seed in range(3)])) == len(records)
    assert differences() == []
