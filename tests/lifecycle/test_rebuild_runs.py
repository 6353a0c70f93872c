"""Rebuilds by day: while writers go on, in parallel, and resumed after an interruption."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from tests.capabilities import under_strategies
from tests.conformance.at_once import in_threads
from tests.conformance.oracle import differences
from tests.conformance.writing import MODELS, WRITE
from wingtel.aggregates import strategies
from wingtel.aggregates.strategies import Strategy
from wingtel.lifecycle.expiry import expire
from wingtel.lifecycle.models import RebuildRun
from wingtel.lifecycle.rebuild_runs import RebuildRejectedError, rebuild_days
from wingtel.lifecycle.seals import seal
from wingtel.subscriptions.models import Subscription

FIRST = datetime(2025, 11, 20, 12, tzinfo=UTC)
DAYS = [FIRST + timedelta(days=12 * number) for number in range(9)]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def subscription_ids(strategy: Strategy) -> list[int]:
    """Store usage over four months that is not counted."""
    ids = [Subscription.objects.create(carrier="att").pk for _ in range(3)]
    write("r", ids)
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE wingtel_daily_usage, wingtel_monthly_usage, wingtel_lifetime_usage, wingtel_usage_delta"
        )
    return ids


def write(prefix: str, ids: list[int]) -> int:
    for model in MODELS:
        for timestamp in DAYS:
            made = [(f"{prefix}-{timestamp}-{n}", timestamp, which, Decimal(n + 1), 7) for n, which in enumerate(ids)]
            WRITE["recorded"](model, made)
    return 0


@under_strategies("stores")
@pytest.mark.parametrize("workers", [1, 3])
def test_years_are_rebuilt_by_day_with_progress(subscription_ids: list[int], workers: int) -> None:
    reports: list[tuple[int, int]] = []
    run = rebuild_days(workers=workers, progress=lambda done, total: reports.append((done, total)))
    assert reports == [(done, 9) for done in range(10)]
    assert sorted(run.done) == [timestamp.date() for timestamp in DAYS]
    assert run.finished_at is not None
    assert differences() == []


@under_strategies("stores")
def test_what_is_wrong_is_made_right_and_what_is_right_left_alone(subscription_ids: list[int]) -> None:
    rebuild_days()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE wingtel_daily_usage SET price = price + 1 WHERE day = '2025-11-20'")
        cursor.execute("UPDATE wingtel_monthly_usage SET records = 77 WHERE month = '2026-01-01'")
        cursor.execute("DELETE FROM wingtel_daily_usage WHERE day = '2025-12-02'")
    rebuild_days()
    assert differences() == []


@under_strategies("stores")
def test_it_goes_on_where_it_was_interrupted(subscription_ids: list[int]) -> None:
    def interrupt(done: int, total: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild_days(progress=interrupt)
    assert RebuildRun.objects.get().done == [timestamp.date() for timestamp in DAYS[:4]]
    reports: list[tuple[int, int]] = []
    run = rebuild_days(progress=lambda done, total: reports.append((done, total)))
    assert reports == [(done, 9) for done in range(4, 10)]
    assert run.done == [timestamp.date() for timestamp in DAYS]
    assert RebuildRun.objects.get() == run
    assert differences() == []


@under_strategies("stores")
def test_writers_and_several_rebuilds_lose_nothing(subscription_ids: list[int]) -> None:
    def rebuild() -> int:
        rebuild_days(again=True, workers=2)
        return 0

    in_threads(rebuild, rebuild, lambda: write("a", subscription_ids), lambda: write("b", subscription_ids))
    assert differences() == []


@under_strategies("stores")
def test_expired_days_keep_what_they_have(subscription_ids: list[int]) -> None:
    rebuild_days()
    day = DAYS[0].date()
    seal(day)
    expire(day)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM usage_daily ORDER BY 1, 2, 3")
        before = cursor.fetchall()
    run = rebuild_days()
    assert day not in run.done
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM usage_daily ORDER BY 1, 2, 3")
        assert cursor.fetchall() == before


def test_it_is_refused_if_nothing_is_stored(transactional_db: None) -> None:
    strategies.use("view")
    with pytest.raises(RebuildRejectedError, match="nothing is stored"):
        rebuild_days()
    with pytest.raises(RebuildRejectedError, match="the last day, 2026-03-01, lies before the first, 2026-04-01"):
        rebuild_days(date(2026, 4, 1), date(2026, 3, 1))
