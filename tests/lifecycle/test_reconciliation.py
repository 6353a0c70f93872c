"""Aggregates that were damaged on purpose: each kind of damage is found and repaired, and nothing else is changed."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from tests.capabilities import under_strategies
from tests.conformance.at_once import in_threads
from tests.conformance.oracle import differences
from tests.conformance.writing import MODELS, WRITE
from wingtel.aggregates.strategies import Strategy
from wingtel.lifecycle.models import Reconciliation
from wingtel.lifecycle.reconciliation import NothingToReconcileError, reconcile
from wingtel.lifecycle.seals import SealRejectedError, seal
from wingtel.subscriptions.models import Subscription
from wingtel.usage.models import DataUsageRecord, UsageDay

DAY = date(2026, 3, 10)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def subscription_ids(strategy: Strategy) -> list[int]:
    ids = [Subscription.objects.create(carrier="att").pk for _ in range(4)]
    for model in MODELS:
        WRITE["recorded"](model, [(f"r{n}", NOON, which, Decimal(n + 1), 7) for n, which in enumerate(ids)])
    strategy.merge()
    WRITE["recorded"](DataUsageRecord, [(f"new{n}", NOON, which, Decimal(1), 1) for n, which in enumerate(ids)])
    return ids


def execute(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.rowcount)


DAMAGES = [
    ("DELETE FROM wingtel_daily_usage WHERE usage_type = 'voice'", [("day", "missing")] * 4),
    ("UPDATE wingtel_daily_usage SET used = used + 1 WHERE usage_type = 'voice'", [("day", "differs")] * 4),
    ("UPDATE wingtel_daily_usage SET price = price - 0.0001 WHERE usage_type = 'voice'", [("day", "differs")] * 4),
    ("UPDATE wingtel_daily_usage SET records = records + 1 WHERE usage_type = 'voice'", [("day", "differs")] * 4),
    ("INSERT INTO wingtel_daily_usage VALUES (999, 'data', '2026-03-10', 5, 5, 5)", [("day", "surplus")]),
    ("UPDATE wingtel_daily_usage SET day = '2026-03-11' WHERE usage_type = 'voice'", [("day", "missing")] * 4),
    ("DELETE FROM wingtel_monthly_usage WHERE usage_type = 'voice'", [("month", "missing")] * 4),
    ("UPDATE wingtel_monthly_usage SET price = price + 1 WHERE usage_type = 'voice'", [("month", "differs")] * 4),
    ("INSERT INTO wingtel_monthly_usage VALUES (999, 'data', '2026-03-01', 5, 5, 5, 5)", [("month", "surplus")]),
    (
        "UPDATE wingtel_monthly_usage SET price_upper_bound = 0 WHERE usage_type = 'voice'",
        [("bounds of month", "differs")] * 4,
    ),
    ("DELETE FROM wingtel_lifetime_usage WHERE usage_type = 'voice'", [("bounds of lifetime", "missing")] * 4),
    (
        "UPDATE wingtel_lifetime_usage SET price_upper_bound = 0, price_lower_bound = 0 WHERE usage_type = 'voice'",
        [("bounds of lifetime", "missing")] * 4,
    ),
    (
        "UPDATE wingtel_lifetime_usage SET price_lower_bound = price_lower_bound - 1 WHERE usage_type = 'voice'",
        [("bounds of lifetime", "differs")] * 4,
    ),
    ("INSERT INTO wingtel_lifetime_usage VALUES (999, 'data', 1, 2)", [("bounds of lifetime", "surplus")]),
]


@under_strategies("stores")
@pytest.mark.parametrize(("damage", "found"), DAMAGES, ids=[damage for damage, _ in DAMAGES])
def test_damage_is_found_and_repaired(subscription_ids: list[int], damage: str, found: list[tuple[str, str]]) -> None:
    assert reconcile().drift_keys == 0
    execute(damage)
    outcome = reconcile()
    grains = {grain for grain, _ in found}
    reported = [(each["grain"], each["kind"]) for each in outcome.differences]
    assert [each for each in reported if each in found] == found
    assert outcome.drift_keys == len(reported)
    assert grains <= {grain for grain, _ in reported}
    assert not outcome.repaired
    repaired = reconcile(repair=True)
    assert (repaired.repaired, repaired.drift_keys >= outcome.drift_keys - len(found)) == (True, True)
    assert reconcile().drift_keys == 0
    assert differences() == []


@under_strategies("stores")
def test_both_values_are_reported(subscription_ids: list[int]) -> None:
    execute(
        f"UPDATE wingtel_daily_usage SET price = price + 0.5, used = used - 7 WHERE subscription_id = "
        f"{subscription_ids[1]}"
        " AND usage_type = 'voice'"
    )
    outcome = reconcile(DAY, DAY)
    assert outcome.differences[0] == {
        "grain": "day",
        "kind": "differs",
        "subscription_id": subscription_ids[1],
        "usage_type": "voice",
        "start": "2026-03-10",
        "expected": {"used": 7, "price": "2.0000", "records": 1},
        "found": {"used": 0, "price": "2.5000", "records": 1},
    }
    assert outcome.drift_price == Decimal("0.5000")
    assert Reconciliation.objects.get(pk=outcome.pk).differences == outcome.differences


@under_strategies("stores")
def test_only_what_differs_is_changed(subscription_ids: list[int], strategy: Strategy) -> None:
    strategy.merge()
    execute(
        f"UPDATE wingtel_daily_usage SET used = 0 WHERE subscription_id = {subscription_ids[0]} AND usage_type "
        f"= 'voice'"
    )
    versions = "SELECT subscription_id, usage_type, xmin::text FROM {} ORDER BY 1, 2"

    def rows(table: str) -> set[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(versions.format(table))
            return set(cursor.fetchall())

    tables = ("wingtel_daily_usage", "wingtel_monthly_usage", "wingtel_lifetime_usage")
    before = {table: rows(table) for table in tables}
    assert reconcile(repair=True).repaired
    changed = {table: {row[:2] for row in rows(table) - before[table]} for table in tables}
    assert changed == {
        "wingtel_daily_usage": {(subscription_ids[0], "voice")},
        "wingtel_monthly_usage": set(),
        "wingtel_lifetime_usage": set(),
    }


@under_strategies("stores")
def test_two_repairs_at_once_repair_once(subscription_ids: list[int]) -> None:
    execute("UPDATE wingtel_daily_usage SET price = price + 1")
    execute("DELETE FROM wingtel_monthly_usage WHERE usage_type = 'data'")
    in_threads(*[lambda: reconcile(repair=True).pk] * 4)
    assert differences() == []


@under_strategies("stores")
def test_writers_raise_no_false_alarm_and_lose_nothing_to_a_repair(
    subscription_ids: list[int], strategy: Strategy
) -> None:
    def write(prefix: str) -> int:
        for number in range(40):
            made = [(f"{prefix}-{number}-{n}", NOON, which, Decimal(1), 1) for n, which in enumerate(subscription_ids)]
            WRITE["recorded"](MODELS[number % 2], made)
        return 0

    def prove() -> int:
        return sum(reconcile().drift_keys for _ in range(15))

    def merge() -> int:
        for _ in range(10 * strategy.has_deltas):
            strategy.merge()
        return 0

    assert in_threads(lambda: write("a"), lambda: write("b"), prove, merge) == [0, 0, 0, 0]
    execute("UPDATE wingtel_daily_usage SET price = price + 1")

    def repair() -> int:
        for _ in range(5):
            reconcile(repair=True)
        return 0

    in_threads(lambda: write("c"), lambda: write("d"), repair, merge)
    assert differences() == []


@under_strategies("stores")
def test_a_day_that_does_not_reconcile_is_not_sealed(subscription_ids: list[int]) -> None:
    execute(f"UPDATE wingtel_daily_usage SET price = price + 1 WHERE subscription_id = {subscription_ids[0]}")
    with pytest.raises(SealRejectedError, match=r"2026-03-10 does not reconcile: 3 keys differ .*--repair") as rejected:
        seal(DAY)
    assert len(rejected.value.differences) == 3
    assert UsageDay.objects.get().state == UsageDay.State.OPEN
    reconcile(repair=True)
    assert seal(DAY).state == UsageDay.State.SEALED


def test_without_usage_there_is_nothing_to_reconcile(transactional_db: None) -> None:
    with pytest.raises(NothingToReconcileError, match="nothing was used yet"):
        reconcile()
    with pytest.raises(NothingToReconcileError, match="the last day, 2026-03-09, lies before the first, 2026-03-10"):
        reconcile(DAY, date(2026, 3, 9))
