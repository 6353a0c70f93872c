"""A subscription that has usage is not removed by any statement under any strategy; the error names the soft way."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from psycopg import IsolationLevel
from psycopg.errors import RaiseException

from tests.conformance.at_once import Session
from tests.conformance.oracle import differences
from tests.conformance.writing import WRITE, Row
from tests.sessions import new_connection
from wingtel.adjustments.services import adjust, reverse
from wingtel.aggregates.rebuild import rebuild_day
from wingtel.aggregates.strategies import Strategy
from wingtel.ingest.inputs import UsageRecordInput
from wingtel.ingest.service import ingest_usage
from wingtel.lifecycle.expiry import expire
from wingtel.lifecycle.seals import seal
from wingtel.subscriptions.models import Subscription
from wingtel.usage import partitions
from wingtel.usage.models import DataUsageRecord, UsageAdjustment, UsageType, VoiceUsageRecord

DAY = date(2026, 3, 10)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def ids(strategy: Strategy) -> list[int]:
    """Create two subscriptions, the second of which has no usage."""
    partitions.ensure([DAY])
    return [Subscription.objects.create(carrier="att").pk for _ in range(2)]


def left() -> list[int]:
    return sorted(Subscription.objects.values_list("pk", flat=True))


def execute(statement: str, *parameters: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def row(of: int, record_id: str = "r") -> Row:
    return (record_id, NOON, of, Decimal(2), 7)


def seal_usage(of: int) -> None:
    WRITE["recorded"](VoiceUsageRecord, [row(of)])
    seal(DAY)


def expire_usage(of: int) -> None:
    seal_usage(of)
    expire(DAY)


def adjust_usage(of: int) -> UsageAdjustment:
    return adjust(
        subscription_id=of, usage_type=UsageType.VOICE, day=DAY, used=5, price=Decimal(1), reason="r", actor="a"
    )


def store_uncounted(of: int) -> None:
    """Store a raw record that is in no aggregate."""
    execute(
        "INSERT INTO wingtel_voice_usage_record (record_id, usage_date, subscription_id, price, seconds_used)"
        " VALUES ('r', %s, %s, 1, 1)",
        NOON,
        of,
    )
    execute("DELETE FROM wingtel_daily_usage")
    execute("DELETE FROM wingtel_usage_delta")


USE: dict[str, Callable[[int], object]] = {
    "a raw record": lambda of: WRITE["recorded"](DataUsageRecord, [row(of)]),
    "a raw record of a sealed day": seal_usage,
    "an expired day": expire_usage,
    "an adjustment": adjust_usage,
    "an adjustment and its reversal": lambda of: reverse(adjust_usage(of).pk, reason="r", actor="a"),
    "a raw record that is not counted": store_uncounted,
}

REMOVE: dict[str, tuple[type[Exception], Callable[[int], object]]] = {
    "ORM": (ProtectedError, lambda of: Subscription.objects.get(pk=of).delete()),
    "queryset": (ProtectedError, lambda of: Subscription.objects.filter(pk__gte=of).delete()),
    "queryset without checks": (IntegrityError, lambda of: Subscription.objects.filter(pk=of)._raw_delete("default")),
    "SQL": (IntegrityError, lambda of: execute("DELETE FROM wingtel_subscription WHERE id = %s", of)),
    "SQL in bulk": (IntegrityError, lambda of: execute("DELETE FROM wingtel_subscription")),
    "SQL in a WITH": (
        IntegrityError,
        lambda of: execute("WITH gone AS (DELETE FROM wingtel_subscription RETURNING id) SELECT count(*) FROM gone"),
    ),
    "TRUNCATE": (IntegrityError, lambda of: execute("TRUNCATE wingtel_subscription CASCADE")),
}


@pytest.mark.parametrize("usage", USE)
def test_a_subscription_with_usage_is_not_removed_in_any_way_and_the_soft_way_is_named(
    strategy: Strategy, ids: list[int], usage: str
) -> None:
    USE[usage](ids[0])
    for way, (error, remove) in REMOVE.items():
        with transaction.atomic():
            if error is ProtectedError:  # leaves the transaction as it was
                with pytest.raises(ProtectedError, match=r"Delete it softly.* delete_softly\(\), or DELETE of the API"):
                    remove(ids[0])
            else:
                hint = r"Delete it softly.* delete_softly\(\).* DELETE in the API"
                with pytest.raises(IntegrityError, match=hint), transaction.atomic():
                    remove(ids[0])
            assert left() == ids, way
    Subscription.objects.get(pk=ids[0]).delete_softly()
    assert list(Subscription.objects.current().values_list("pk", flat=True)) == ids[1:]


def test_a_subscription_without_usage_is_removed(strategy: Strategy, ids: list[int]) -> None:
    WRITE["recorded"](DataUsageRecord, [row(ids[0])])
    others = [Subscription.objects.create(carrier="att").pk for _ in range(3)]
    removed = Subscription.objects.get(pk=ids[1])
    assert removed.delete() == (1, {"wingtel_subscriptions.Subscription": 1})
    assert removed.pk is None
    assert Subscription.objects.filter(pk__in=others[:2]).delete() == (2, {"wingtel_subscriptions.Subscription": 2})
    execute("DELETE FROM wingtel_subscription WHERE id = %s", others[2])
    assert left() == ids[:1]
    assert Subscription.objects.filter(pk__in=others).delete() == (0, {})
    execute("DELETE FROM wingtel_subscription WHERE id = %s", others[2])


def test_usage_that_was_deleted_again_is_none(strategy: Strategy, ids: list[int]) -> None:
    way = "models" if strategy.counts_models else "recorded"
    WRITE[way](DataUsageRecord, [row(ids[0])])
    DataUsageRecord.objects.all().delete()
    if not strategy.counts_models:
        with pytest.raises(ProtectedError):  # its aggregates still count it, until they are rebuilt
            Subscription.objects.get(pk=ids[0]).delete()
        rebuild_day(DAY)
    Subscription.objects.get(pk=ids[0]).delete()
    assert left() == ids[1:]
    assert differences() == []


def test_all_subscriptions_are_truncated_where_none_has_usage(strategy: Strategy, ids: list[int]) -> None:
    execute("TRUNCATE wingtel_subscription CASCADE")
    assert left() == []


@pytest.mark.parametrize("way", ["recorded", "models", "sql", "sql into the partition"])
@pytest.mark.parametrize("committed", [True, False])
def test_a_removal_waits_for_writers(
    strategy: Strategy, ids: list[int], monitor: psycopg.Connection[Any], way: str, committed: bool
) -> None:
    """Wait under every strategy, even if a write is not counted: its raw record exists."""
    writer, remover = Session(monitor), Session(monitor)

    def write() -> None:
        if way in WRITE:
            WRITE[way](DataUsageRecord, [row(ids[0])])
        else:
            execute(
                "INSERT INTO wingtel_data_usage_record_20260310 (record_id, usage_date, subscription_id, price, "
                "kilobytes_used)"
                " VALUES (%s, %s, %s, %s, %s)",
                *row(ids[0]),
            )

    removed: list[bool] = []

    def remove() -> None:
        try:
            Subscription.objects.get(pk=ids[0]).delete()
        except ProtectedError:
            removed.append(False)
        else:
            removed.append(True)

    writer.take(writer.begin)
    writer.take(write)
    remover.take(remove)
    assert removed == []
    writer.take(writer.commit if committed else lambda: (transaction.set_rollback(True), writer.commit()))
    writer.finish()
    remover.finish()
    assert removed == [not committed]
    assert left() == (ids if committed else ids[1:])


@pytest.mark.parametrize("records", [1, 600])
@pytest.mark.parametrize("committed", [True, False])
def test_ingestion_during_a_removal_waits_and_finds_the_subscription_gone(
    strategy: Strategy, ids: list[int], monitor: psycopg.Connection[Any], records: int, committed: bool
) -> None:
    remover, writer = Session(monitor), Session(monitor)
    results: list[tuple[int, int]] = []

    def write() -> None:
        made = [UsageRecordInput(UsageType.DATA, NOON, ids[0], 1, Decimal(1), f"r{n}") for n in range(records)]
        result = ingest_usage(made)
        results.append((result.accepted, len(result.rejected)))

    remover.take(remover.begin)
    remover.take(lambda: execute("DELETE FROM wingtel_subscription WHERE id = %s", ids[0]))
    writer.take(write)
    assert results == []
    remover.take(remover.commit if committed else lambda: (transaction.set_rollback(True), remover.commit()))
    remover.finish()
    writer.finish()
    assert results == [(0, records) if committed else (records, 0)]
    assert DataUsageRecord.objects.count() == (0 if committed else records)
    assert differences() == []


@pytest.mark.parametrize("first", ["adjust", "remove"])
def test_an_adjustment_and_a_removal_at_once_end_one_after_the_other(
    strategy: Strategy, ids: list[int], monitor: psycopg.Connection[Any], first: str
) -> None:
    adjuster, remover = Session(monitor), Session(monitor)
    outcomes: list[str] = []

    def make() -> None:
        try:
            with transaction.atomic():
                adjust_usage(ids[0])
        except IntegrityError:
            outcomes.append("not adjusted")

    def remove() -> None:
        try:
            with transaction.atomic():
                Subscription.objects.get(pk=ids[0]).delete()
        except ProtectedError:
            outcomes.append("not removed")

    (one, one_step), (two, two_step) = [(adjuster, make), (remover, remove)][:: 1 if first == "adjust" else -1]
    one.take(one.begin)
    one.take(one_step)
    two.take(two_step)
    assert outcomes == []
    one.take(one.commit)
    one.finish()
    two.finish()
    assert outcomes == ["not removed" if first == "adjust" else "not adjusted"]
    assert differences() == []


def test_an_old_snapshot_removes_nothing(strategy: Strategy, ids: list[int]) -> None:
    with new_connection() as session:
        session.isolation_level = IsolationLevel.REPEATABLE_READ
        session.execute("SELECT count(*) FROM wingtel_subscription")
        WRITE["recorded"](DataUsageRecord, [row(ids[0])])
        with pytest.raises(RaiseException, match="removing a subscription needs READ COMMITTED"):
            session.execute("DELETE FROM wingtel_subscription WHERE id = %s", [ids[0]])
    assert left() == ids
