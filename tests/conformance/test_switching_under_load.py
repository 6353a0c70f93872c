"""Switches between any two strategies under load: nothing is lost, counted twice, or seen half done."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from tests.conformance.at_once import in_threads
from tests.conformance.conftest import ways
from tests.conformance.oracle import differences, records_kept
from tests.conformance.writing import DELETE, MODELS, WRITE
from tests.rounds import rounds
from wingtel.aggregates import strategies
from wingtel.aggregates.strategies import Strategy
from wingtel.subscriptions.models import Subscription
from wingtel.usage import partitions

DAYS = [date(2026, 4, 29) + timedelta(days=n) for n in range(4)]


@pytest.mark.parametrize("name", strategies.NAMES)
def test_switching_while_usage_is_written_and_read(strategy: Strategy, name: str) -> None:
    other = strategies.named(name)
    partitions.ensure(DAYS)
    subscription_ids = [Subscription.objects.create(carrier="att").pk for _ in range(10)]
    counted_by_both = [way for way in ways(strategy) if way in ways(other)]
    switched = threading.Event()

    def write(way: str, writer: int) -> int:
        left = batch = 0
        while not switched.is_set() or batch < 3:
            day = DAYS[batch % len(DAYS)]
            timestamp = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
            prefix, model = f"{way}-{writer}-{batch}", MODELS[batch % 2]
            WRITE[way](
                model,
                [(f"{prefix}-{n}", timestamp, subscription_ids[n % 10], Decimal(n) / 8, n) for n in range(20)],
            )
            left += 20
            if way in DELETE:
                left -= DELETE[way](model, f"{prefix}-1")
            batch += 1
        return left

    def read() -> int:
        with connection.cursor() as cursor:
            while not switched.is_set():
                # One statement has one snapshot.
                cursor.execute(
                    """SELECT (SELECT coalesce(sum(records), 0) FROM usage_daily),
                              (SELECT coalesce(sum(records), 0) FROM usage_monthly),
                              (SELECT count(*) FROM usage_source)"""
                )
                daily, monthly, raw = cursor.fetchone()
                assert (daily, monthly) == (raw, raw)
        return 0

    def switch() -> int:
        try:
            for _ in range(rounds(1, thorough=10)):
                strategies.use(name)
                strategies.use(strategy.name)
            strategies.use(name)
        finally:
            switched.set()
        return 0

    work: list[Callable[[], int]] = [
        switch,
        read,
        *(lambda way=way, n=n: write(way, n) for way in counted_by_both for n in range(2)),  # type: ignore[misc]
    ]

    left = sum(in_threads(*work))
    active = strategies.active()
    assert active is not None
    assert active.name == name
    assert strategies.problems() == []
    assert differences() == []
    assert records_kept() == left
