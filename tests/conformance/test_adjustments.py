"""Adjustments count at once under every strategy, on open, sealed and expired days, and during a switch."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from tests.conformance.at_once import in_threads
from tests.conformance.oracle import differences
from tests.rounds import rounds
from wingtel.adjustments.explanation import explain
from wingtel.adjustments.services import adjust, reverse
from wingtel.aggregates import queries, strategies
from wingtel.aggregates.periods import Period
from wingtel.aggregates.strategies import Strategy
from wingtel.ingest.inputs import UsageRecordInput
from wingtel.ingest.service import ingest_usage
from wingtel.lifecycle.expiry import expire
from wingtel.lifecycle.seals import seal
from wingtel.subscriptions.models import Subscription
from wingtel.usage.models import UsageAdjustment, UsageDay, UsageType

DAY = date(2026, 3, 10)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def subscription(strategy: Strategy) -> int:
    """Create a subscription with a data session of 100 kilobytes for 2.0000."""
    subscription = Subscription.objects.create(carrier="att").pk
    ingest_usage([UsageRecordInput(UsageType.DATA, NOON, subscription, 100, Decimal(2), "r")])
    return subscription


def made(subscription: int, used: int, price: str = "0", day: date = DAY) -> UsageAdjustment:
    return adjust(
        subscription_id=subscription,
        usage_type=UsageType.DATA,
        day=day,
        used=used,
        price=Decimal(price),
        reason="credited",
        actor="ada",
    )


def total(subscription: int) -> list[tuple[int, Decimal, int]]:
    series = queries.series(subscription_id=subscription, period=Period(DAY, DAY))
    return [(point.used, point.price, point.records) for point in series.points]


def test_adjustments_and_reversals_are_counted(strategy: Strategy, subscription: int) -> None:
    adjustment = made(subscription, -30, "-0.5000")
    made(subscription, 0, "0.0001", DAY + timedelta(days=60))
    assert total(subscription) == [(70, Decimal("1.5000"), 1)]
    assert differences() == []
    reverse(adjustment.pk, reason="a mistake", actor="bob")
    assert total(subscription) == [(100, Decimal("2.0000"), 1)]
    assert differences() == []


def test_an_adjustment_made_by_the_orm_is_counted(strategy: Strategy, subscription: int) -> None:
    UsageAdjustment.objects.create(
        subscription_id=subscription, usage_type="data", day=DAY, used=5, reason="r", actor="a"
    )
    UsageAdjustment.objects.bulk_create(
        UsageAdjustment(
            subscription_id=subscription, usage_type="voice", day=DAY, used=n, price=Decimal(n), reason="r", actor="a"
        )
        for n in range(1, 4)
    )
    assert total(subscription) == [(105, Decimal("2.0000"), 1), (6, Decimal("6.0000"), 0)]
    assert differences() == []


def test_a_day_that_is_sealed_or_expired_is_adjusted(strategy: Strategy, subscription: int) -> None:
    seal(DAY)
    made(subscription, -30, "-0.5000")
    assert UsageDay.objects.get(day=DAY).state == "sealed"
    assert total(subscription) == [(70, Decimal("1.5000"), 1)]
    assert differences() == []

    expire(DAY)
    adjustment = made(subscription, -60, "-1.0000")
    assert total(subscription) == [(10, Decimal("0.5000"), 1)]
    reverse(adjustment.pk, reason="a mistake", actor="bob")
    assert total(subscription) == [(70, Decimal("1.5000"), 1)]
    found, *_ = explain(subscription_id=subscription, day=DAY).types
    assert (found.recorded.used, found.adjusted.used, found.adds_up, found.records) == (100, -30, None, [])


def test_adjusting_while_strategies_are_switched(strategy: Strategy, subscription: int) -> None:
    switched = threading.Event()

    def write() -> int:
        count = 0
        while not switched.is_set() or count < 5:
            adjustment = made(subscription, 1, "0.0001", DAY + timedelta(days=count % 3))
            if count % 3 == 2:
                reverse(adjustment.pk, reason="a mistake", actor="bob")
            count += 1
        return 0

    def switch() -> int:
        try:
            for name in strategies.NAMES * rounds(1, thorough=5):
                strategies.use(name)
                strategies.use(strategy.name)
        finally:
            switched.set()
        return 0

    def watch() -> int:
        days = [DAY + timedelta(days=n) for n in range(3)]
        while not switched.is_set():
            for day in days:
                assert explain(subscription_id=subscription, day=day).adds_up
        return 0

    work: list[Callable[[], int]] = [switch, watch, write, write]
    in_threads(*work)
    assert differences() == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(used) - 100, (SELECT sum(used) FROM wingtel_usage_adjustment) FROM usage_daily")
        counted, made_in_all = cursor.fetchone()
    assert counted == made_in_all
