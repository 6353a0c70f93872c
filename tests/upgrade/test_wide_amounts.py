"""A database from before sums were wide is upgraded under every strategy, whatever it holds."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.db.migrations.executor import MigrationExecutor

from tests.command import CommandFailed, run
from tests.conformance.oracle import BOUNDS, NOTHING, RECORDS, TOTALS
from wingtel.adjustments.services import reverse
from wingtel.aggregates import strategies
from wingtel.aggregates.apps import install
from wingtel.aggregates.strategies import Strategy
from wingtel.ingest.inputs import UsageRecordInput
from wingtel.ingest.service import ingest_usage
from wingtel.lifecycle.expiry import expire
from wingtel.lifecycle.reconciliation import reconcile
from wingtel.lifecycle.seals import seal
from wingtel.subscriptions.models import Subscription
from wingtel.usage import partitions
from wingtel.usage.models import DataUsageRecord, UsageAdjustment, UsageType

BEFORE = [
    ("usage", "0005_source"),
    ("aggregates", "0007_beyond"),
    ("limits", "0003_near"),
    ("lifecycle", "0002_population"),
]
MARCH = [date(2026, 3, 9), date(2026, 3, 10)]
ABSURD = 2**63 - 1


@pytest.fixture(params=strategies.NAMES)
def old(request: pytest.FixtureRequest, empty_database: None, monkeypatch: pytest.MonkeyPatch) -> Strategy:
    """Use a strategy in a database of then, which fits today's functions except for the types of the views' columns."""
    executor = MigrationExecutor(connection)
    apps = {app for app, _ in BEFORE}
    executor.migrate([*BEFORE, *(leaf for leaf in executor.loader.graph.leaf_nodes() if leaf[0] not in apps)])
    install()
    strategy = strategies.named(request.param)
    views = strategy.views.replace("numeric(38, 0)", "bigint").replace("numeric(38, 8)", "numeric(20, 4)")
    with monkeypatch.context() as patched:
        patched.setattr(type(strategy), "views", views)
        strategies.use(strategy.name)
    return strategy


@pytest.fixture
def used(old: Strategy) -> None:
    """Store records of two days, of which the first expires, and as much beyond the range as the database took."""
    partitions.ensure(MARCH)
    people = [Subscription.objects.create(carrier="att").pk for _ in range(3)]
    for day in MARCH:
        for person in people:
            record(day, person, 7)
    old.merge()
    seal(MARCH[0])
    expire(MARCH[0])
    if old.has_deltas or not old.stores:  # nothing is summed yet
        record(MARCH[1], people[1], ABSURD)
        record(MARCH[1], people[1], ABSURD)
    else:
        record(MARCH[1], people[1], ABSURD - 14)
    with connection.cursor() as cursor:  # the table had fewer columns than the model
        cursor.execute(
            "INSERT INTO usage_adjustment (subscription_id, usage_type, day, used, price, reason, actor, created_at)"
            " VALUES (%s, 'voice', %s, %s, -3, 'r', 'a', now())",
            [people[2], MARCH[1], -ABSURD],
        )


def record(day: date, subscription: int, quantity: int) -> None:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    given = UsageRecordInput(UsageType.DATA, noon, subscription, quantity, Decimal("0.1234"))
    with patch("wingtel.ingest.service.validate", return_value=[]):  # as before there was a largest quantity
        assert ingest_usage([given]).accepted == 1


def rows(query: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, {"zone": "UTC"})
        return cursor.fetchall()


def wrong(strategy: Strategy) -> list[Any]:
    """Return what differs of the day that has raw records, of the month, and of the bounds."""
    daily = "SELECT subscription_id, usage_type, day, used, price, records FROM usage_daily"
    pairs = {
        f"{daily} WHERE day = '2026-03-10'": f"""
            SELECT subscription_id, usage_type, day, sum(used), sum(price), sum(records)
            FROM ({RECORDS}) AS record WHERE day = '2026-03-10' GROUP BY 1, 2, 3 {NOTHING}""",
        "SELECT subscription_id, usage_type, month, used, price, records FROM usage_monthly": f"""
            SELECT subscription_id, usage_type, '2026-03-01'::date, sum(used), sum(price), sum(records)
            FROM ({daily}) AS daily GROUP BY 1, 2 {NOTHING}""",
    }
    statements = [f"({one}) EXCEPT ALL ({other})" for pair in pairs.items() for one, other in (pair, pair[::-1])]
    return [row for each in (*statements, *((BOUNDS, TOTALS) if strategy.stores else ())) for row in rows(each)]


def test_an_old_database_goes_on(old: Strategy, used: None) -> None:
    expired = rows("SELECT * FROM usage_daily WHERE day = '2026-03-09' ORDER BY 1, 2")
    pending = rows("SELECT * FROM usage_delta")
    assert bool(pending) == old.has_deltas

    call_command("migrate", verbosity=0)
    assert rows("SELECT * FROM usage_daily WHERE day = '2026-03-09' ORDER BY 1, 2") == expired
    assert rows("SELECT * FROM usage_delta") == pending
    assert (strategies.outdated(), strategies.problems()) == (False, [])
    assert wrong(old) == []
    if old.has_deltas:
        assert old.merge() == 2
    assert wrong(old) == []

    reverse(UsageAdjustment.objects.get().pk, reason="r", actor="a")
    record(MARCH[1], Subscription.objects.earliest("pk").pk, 10**15)
    assert reconcile().drift_keys == 0
    for name in strategies.NAMES:
        strategies.use(name)
        assert wrong(strategies.named(name)) == []


@pytest.mark.parametrize("old", ["triggers"], indirect=True)
def test_records_that_are_too_large_are_reported_and_corrected(old: Strategy, used: None) -> None:
    call_command("migrate", verbosity=0)
    repair = "ALTER TABLE data_usage_record VALIDATE CONSTRAINT data_usage_record_quantity"
    with pytest.raises(CommandFailed, match="W003") as reported:
        run("check")
    assert repair in str(reported.value)
    assert "voice_usage_record" not in str(reported.value)

    with pytest.raises(IntegrityError, match="data_usage_record_quantity"):
        rows("UPDATE data_usage_record SET price = 1 RETURNING 1")
    rows(f"UPDATE data_usage_record SET kilobytes_used = 5 WHERE kilobytes_used > {10**15} RETURNING 1")
    with connection.cursor() as cursor:
        cursor.execute(repair)
    run("check")
    assert reconcile().drift_keys == 0
    with pytest.raises(IntegrityError, match="data_usage_record_quantity"):
        DataUsageRecord.objects.create(
            subscription=Subscription.objects.earliest("pk"),
            usage_date=datetime(2026, 3, 11, tzinfo=UTC),
            kilobytes_used=10**15 + 1,
            price=1,
        )
