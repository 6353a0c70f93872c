"""The life of a day, under every strategy: late records, seals, expiry, corrections."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from tests.capabilities import under_strategies
from tests.conformance.at_once import Session, Step, Steps, orders, walk
from tests.conformance.conftest import ways
from tests.conformance.oracle import differences
from tests.conformance.writing import CHANGE, DELETE, MODELS, WRITE, Row
from wingtel.aggregates import strategies
from wingtel.aggregates.rebuild import rebuild_day
from wingtel.aggregates.strategies import Strategy
from wingtel.ingest.inputs import UsageRecordInput
from wingtel.ingest.service import ingest_usage
from wingtel.lifecycle import expiry, seals
from wingtel.lifecycle.expiry import ExpiryRejectedError, expire
from wingtel.lifecycle.reconciliation import DaySums, reconcile
from wingtel.lifecycle.seals import SealRejectedError, seal
from wingtel.subscriptions.models import Subscription
from wingtel.usage import partitions
from wingtel.usage.business_days import set_time_zone
from wingtel.usage.models import DataUsageRecord, UsageAdjustment, UsageDay, UsageType

DAY = date(2026, 3, 10)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
State = UsageDay.State

# Named by the product, or by PostgreSQL if SQL finds no partition.
REJECTIONS = (AssertionError, IntegrityError, psycopg.errors.CheckViolation, partitions.RejectedDaysError)


@pytest.fixture
def subscription_ids(strategy: Strategy) -> list[int]:
    partitions.ensure([DAY])
    return [Subscription.objects.create(carrier="att").pk for _ in range(3)]


def rows(prefix: str, subscription_ids: list[int], timestamp: datetime = NOON) -> list[Row]:
    return [(f"{prefix}-{n}", timestamp, which, Decimal(n + 1), 7) for n, which in enumerate(subscription_ids)]


def adjust(subscription_id: int, price: str, day: date = DAY) -> UsageAdjustment:
    return UsageAdjustment.objects.create(
        subscription_id=subscription_id,
        usage_type="data",
        day=day,
        used=-2,
        price=Decimal(price),
        reason="r",
        actor="a",
    )


def answers() -> list[Any]:
    with connection.cursor() as cursor:
        found = []
        for view in ("usage_daily", "usage_monthly"):
            cursor.execute(f"SELECT * FROM {view} ORDER BY 1, 2, 3")
            found.append(cursor.fetchall())
    return found


def day_of(day: date = DAY) -> UsageDay:
    return UsageDay.objects.get(day=day)


def raw_sums(day: date = DAY) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(sum(kilobytes_used), 0), coalesce(sum(price), 0) FROM wingtel_data_usage_record"
            " WHERE usage_business_day(usage_date) = %s",
            [day],
        )
        return tuple(cursor.fetchone())


def sealed_sums(day: UsageDay, usage_type: str = "data") -> tuple[Any, ...]:
    return day.sums.values_list("records", "used", "price").get(usage_type=usage_type)


def test_a_seal_keeps_the_sums_and_changes_no_answer(strategy: Strategy, subscription_ids: list[int]) -> None:
    for model in MODELS:
        WRITE["recorded"](model, rows("r", subscription_ids))
    before = answers()
    sealed = seal(DAY)
    assert sealed.state == State.SEALED
    assert sealed_sums(sealed) == (3, 21, Decimal("6.0000"))
    assert sealed_sums(sealed, "voice") == (3, 21, Decimal("6.0000"))
    assert answers() == before
    assert differences() == []
    assert seal(DAY).sealed_at == sealed.sealed_at


def test_a_late_record_opens_a_sealed_day_again_whichever_way_it_comes(
    strategy: Strategy, subscription_ids: list[int]
) -> None:
    WRITE["recorded"](DataUsageRecord, rows("r", subscription_ids))
    for times, way in enumerate(ways(strategy)):
        seal(DAY)
        WRITE[way](DataUsageRecord, rows(f"late-{times}", subscription_ids[:1]))
        assert (day_of().state, day_of().reopened) == (State.OPEN, times + 1)
        assert differences() == []
        assert sealed_sums(seal(DAY)) == raw_sums()


def test_changing_and_deleting_records_opens_a_sealed_day_again(
    strategy: Strategy, subscription_ids: list[int]
) -> None:
    for way in ways(strategy):
        if way not in CHANGE:
            continue
        WRITE[way](DataUsageRecord, rows(way, subscription_ids))
        seal(DAY)
        CHANGE[way](DataUsageRecord, f"{way}-1")
        assert day_of().state == State.OPEN
        seal(DAY)
        DELETE[way](DataUsageRecord, f"{way}-1")
        assert day_of().state == State.OPEN
        assert differences() == []


@under_strategies("counts_sql")
def test_emptying_a_sealed_partition_opens_the_day_again(strategy: Strategy, subscription_ids: list[int]) -> None:
    WRITE["sql"](DataUsageRecord, rows("r", subscription_ids))
    seal(DAY)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE wingtel_data_usage_record_20260310")
    assert day_of().state == State.OPEN
    assert differences() == []


def test_records_that_come_late_and_out_of_order_are_counted(strategy: Strategy, subscription_ids: list[int]) -> None:
    for back in (3, 0, 7, 1, 3):
        timestamp = NOON - timedelta(days=back)
        WRITE["recorded"](DataUsageRecord, rows(f"{back}-{timestamp}", subscription_ids, timestamp))
        seal(timestamp.date())
        WRITE["recorded"](DataUsageRecord, rows(f"late-{back}", subscription_ids, timestamp))
    assert differences() == []


def test_expiry_drops_the_raw_records_and_leaves_the_answers(strategy: Strategy, subscription_ids: list[int]) -> None:
    for model in MODELS:
        WRITE["recorded"](model, rows("r", subscription_ids))
    WRITE["recorded"](DataUsageRecord, rows("next", subscription_ids, NOON + timedelta(days=1)))
    adjust(subscription_ids[0], "-0.5000")
    seal(DAY)
    before = answers()
    expire(DAY)
    assert answers() == before
    assert [partition.table for partition in partitions.existing()] == [
        "wingtel_data_usage_record_20260311",
        "wingtel_sms_usage_record_20260311",
        "wingtel_voice_usage_record_20260311",
    ]
    assert reconcile().drift_keys == 0
    for day in (DAY, DAY + timedelta(days=1)):
        rebuild_day(day)
    assert answers() == before


def test_a_record_for_an_expired_day_is_refused_by_name(
    strategy: Strategy, subscription_ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    WRITE["recorded"](DataUsageRecord, rows("r", subscription_ids))
    seal(DAY)
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(partitions, "forget", lambda *_: None)  # as if another process expired it
        expire(DAY)
    before = answers()
    records = [
        UsageRecordInput(UsageType.DATA, timestamp, subscription_ids[0], 5, Decimal(1), name)
        for name, timestamp in (("late", NOON), ("next", NOON + timedelta(days=1)))
    ]
    assert partitions.unknown([DAY]) == []
    result = ingest_usage(records)
    assert result.accepted == 1
    assert result.rejected == (
        (
            0,
            "usage_date",
            "day expired: the raw records of 2026-03-10 are gone; correct its aggregates by an adjustment",
        ),
    )
    with pytest.raises(partitions.RejectedDaysError, match="day expired"):
        DataUsageRecord.objects.create(
            record_id="x", usage_date=NOON, subscription_id=subscription_ids[0], price=1, kilobytes_used=1
        )
    assert [row for row in answers()[0] if row[2] == DAY] == before[0]


def test_a_correction_after_expiry_is_counted_at_once(strategy: Strategy, subscription_ids: list[int]) -> None:
    WRITE["recorded"](DataUsageRecord, rows("r", subscription_ids[:1]))
    seal(DAY)
    expire(DAY)
    adjust(subscription_ids[0], "-0.2500")
    adjust(subscription_ids[1], "3.0000")
    assert answers()[0] == [
        (subscription_ids[0], "data", DAY, 5, Decimal("0.7500"), 1),
        (subscription_ids[1], "data", DAY, -2, Decimal("3.0000"), 0),
    ]
    assert answers()[1] == [(*row[:2], DAY.replace(day=1), *row[3:]) for row in answers()[0]]
    assert reconcile().drift_keys == 0


def test_expired_and_sealed_days_survive_each_switch_and_the_way_back(
    strategy: Strategy, subscription_ids: list[int]
) -> None:
    for back in range(3):
        timestamp = NOON - timedelta(days=back)
        WRITE["recorded"](DataUsageRecord, rows(f"r{back}", subscription_ids, timestamp))
    adjust(subscription_ids[0], "1.0000", DAY - timedelta(days=20))
    seal(DAY - timedelta(days=1))
    seal(DAY)
    expire(DAY)
    adjust(subscription_ids[0], "0.5000")
    before = answers()
    for name in (use for other in strategies.NAMES for use in (other, strategy.name)):
        strategies.use(name)
        assert answers() == before
        assert reconcile().drift_keys == 0


def sealing_steps(session: Session) -> list[Step]:
    proven: list[DaySums] = []

    def finish() -> None:
        with suppress(SealRejectedError):
            seals._finish(DAY, proven[0])

    return [lambda: seals._start_sealing(DAY), lambda: proven.append(seals._prove(DAY)), finish]


def writing_steps(way: str, made: list[Row]) -> Steps:
    return lambda session: [lambda: (session.begin(), WRITE[way](DataUsageRecord, made)), session.commit]


@pytest.mark.parametrize("order", orders(3, 2), ids=str)
def test_no_record_comes_between_the_proof_and_the_seal(
    strategy: Strategy, subscription_ids: list[int], monitor: psycopg.Connection[Any], order: tuple[int, ...]
) -> None:
    for way in ways(strategy):
        WRITE[way](DataUsageRecord, rows(f"{way}-before", subscription_ids))
        walk(monitor, sealing_steps, writing_steps(way, rows(f"{way}-new", subscription_ids)), order)
        if day_of().state == State.SEALED:
            assert sealed_sums(day_of()) == raw_sums()
        else:
            assert sealed_sums(seal(DAY)) == raw_sums()
        assert differences() == []


@pytest.mark.parametrize("isolation", ["REPEATABLE READ", "SERIALIZABLE"])
def test_an_old_snapshot_cannot_slip_a_record_into_a_sealed_day(
    strategy: Strategy, subscription_ids: list[int], monitor: psycopg.Connection[Any], isolation: str
) -> None:
    WRITE["recorded"](DataUsageRecord, rows("r", subscription_ids))

    def old(session: Session) -> list[Step]:
        def begin() -> None:
            session.begin()
            with connection.cursor() as cursor:
                cursor.execute(f"SET TRANSACTION ISOLATION LEVEL {isolation}")
                cursor.execute("SELECT count(*) FROM wingtel_subscription")

        def write() -> None:
            with pytest.raises(psycopg.errors.SerializationFailure), transaction.atomic():
                WRITE["sql"](DataUsageRecord, rows("late", subscription_ids))

        return [begin, write, session.commit]

    walk(monitor, old, lambda session: [lambda: seal(DAY)], (0, 2, 3))
    assert day_of().state == State.SEALED
    assert sealed_sums(day_of()) == raw_sums() == (3, 21, Decimal("6.0000"))


@pytest.mark.parametrize("order", orders(1, 2), ids=str)
def test_no_record_is_lost_by_a_drop(
    strategy: Strategy, subscription_ids: list[int], monitor: psycopg.Connection[Any], order: tuple[int, ...]
) -> None:
    for number, way in enumerate(ways(strategy)):
        day = DAY + timedelta(days=number)
        timestamp = NOON + timedelta(days=number)
        partitions.ensure([day])
        WRITE[way](DataUsageRecord, rows(f"{way}-before", subscription_ids, timestamp))
        seal(day)
        sealed = sealed_sums(day_of(day))

        def drop(session: Session, day: date = day) -> list[Step]:
            def work() -> None:
                with suppress(ExpiryRejectedError):
                    expire(day)

            return [work]

        def write(session: Session, way: str = way, timestamp: datetime = timestamp) -> list[Step]:
            def work() -> None:
                session.begin()
                with suppress(*REJECTIONS), transaction.atomic():
                    WRITE[way](DataUsageRecord, rows(f"{way}-late", subscription_ids, timestamp))

            return [work, session.commit]

        walk(monitor, drop, write, order)
        if day_of(day).state == State.EXPIRED:
            with connection.cursor() as cursor:
                cursor.execute("SELECT sum(records), sum(used), sum(price) FROM usage_daily WHERE day = %s", [day])
                assert cursor.fetchone() == sealed
        else:
            assert day_of(day).state == State.OPEN
            assert raw_sums(day) == (6, 42, Decimal("12.0000"))
        assert reconcile().drift_keys == 0


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the server end the session that drops a day, after the drop and before the commit."""
    statement = expiry._SQL["expire"] + "; SELECT pg_terminate_backend(pg_backend_pid())"
    monkeypatch.setitem(expiry._SQL, "expire", statement)
    yield
    monkeypatch.undo()


def test_an_expiry_that_is_interrupted_has_done_nothing(
    strategy: Strategy, subscription_ids: list[int], request: pytest.FixtureRequest
) -> None:
    WRITE["recorded"](DataUsageRecord, rows("r", subscription_ids))
    seal(DAY)
    before = answers()
    request.getfixturevalue("interrupted")
    with pytest.raises(OperationalError):
        expire(DAY)
    request.getfixturevalue("monkeypatch").undo()
    connection.close()
    assert day_of().state == State.SEALED
    assert raw_sums() == (3, 21, Decimal("6.0000"))
    expire(DAY)
    assert day_of().state == State.EXPIRED
    assert answers() == before


def test_days_of_23_and_25_hours_are_sealed_whole(strategy: Strategy) -> None:
    set_time_zone("Europe/Berlin")
    subscription = Subscription.objects.create(carrier="att").pk
    zone = ZoneInfo("Europe/Berlin")
    for day, hours in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25)):
        start = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
        timestamps = [start + timedelta(minutes=30 * half) for half in range(-1, 2 * hours + 1)]
        made = [(f"{timestamp}", timestamp, subscription, Decimal(1), 1) for timestamp in timestamps]
        WRITE["recorded"](DataUsageRecord, made)
        assert sealed_sums(seal(day))[0] == 2 * hours
        assert raw_sums(day) == (2 * hours, 2 * hours, Decimal(2 * hours))
    assert differences("Europe/Berlin") == []
    expire(date(2026, 3, 29))
    assert reconcile().drift_keys == 0
