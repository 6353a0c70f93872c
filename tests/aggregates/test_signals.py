"""Under `signals`, the models' change events keep the aggregates exact, despite concurrent writers and switches."""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, connections, transaction
from django.db.models import F

from tests.conformance.oracle import differences
from tests.sessions import new_connection
from wingtel.aggregates import strategies
from wingtel.aggregates.models import ActiveStrategy
from wingtel.aggregates.strategies import active
from wingtel.subscriptions.models import Subscription
from wingtel.usage import change_events, partitions
from wingtel.usage.models import DataUsageRecord, VoiceUsageRecord

pytestmark = pytest.mark.django_db(transaction=True)

DAYS = [date(2026, 3, 30) + timedelta(days=n) for n in range(4)]  # over the end of a month
NOON = datetime(2026, 3, 30, 12, tzinfo=UTC)
WRITERS = 8
DATA = DataUsageRecord.objects


@pytest.fixture
def signals(transactional_db: None) -> None:
    strategies.use("signals")


@pytest.fixture
def ids() -> list[int]:
    partitions.ensure(DAYS)
    return [Subscription.objects.create(carrier="att").pk for _ in range(4)]


def record(subscription_id: int, record_id: str = "r", **changed: Any) -> DataUsageRecord:
    values = {"usage_date": NOON, "kilobytes_used": 7, "price": Decimal(3)} | changed
    return DataUsageRecord(record_id=record_id, subscription_id=subscription_id, **values)


def daily() -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT subscription_id, usage_type, day, used, price, records FROM usage_daily ORDER BY 1, 2, 3"
        )
        return cursor.fetchall()


def in_thread(pool: ThreadPoolExecutor, write: Callable[[], Any]) -> Future[Any]:
    """Write in a separate session, as another process would."""

    def run() -> Any:
        try:
            return write()
        finally:
            connections.close_all()

    return pool.submit(run)


@contextmanager
def waiting(count: int = 1) -> Iterator[Callable[..., None]]:
    """Yield a function that returns once so many sessions of this database wait for a lock."""
    with new_connection() as monitor:
        monitor.autocommit = True

        def wait(*futures: Future[Any]) -> None:
            while monitor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            ).fetchone() != (count,):
                assert not any(future.done() for future in futures)

        yield wait


@pytest.mark.usefixtures("signals")
def test_signals_is_the_active_strategy_and_counts_the_models_but_not_sql(ids: list[int]) -> None:
    strategy = active()
    assert strategy is not None
    assert (strategy.name, strategy.counts_models, strategy.counts_sql) == ("signals", True, False)
    record(ids[0]).save()
    VoiceUsageRecord.objects.create(subscription_id=ids[0], usage_date=NOON, seconds_used=60, price=Decimal("0.0001"))
    assert daily() == [
        (ids[0], "data", DAYS[0], 7, Decimal(3), 1),
        (ids[0], "voice", DAYS[0], 60, Decimal("0.0001"), 1),
    ]
    assert differences() == []
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO wingtel_data_usage_record VALUES ('sql', '2026-03-30 12:00Z', %s, 1, 1)", [ids[0]])
    assert len(differences()) == 4


@pytest.mark.usefixtures("signals")
def test_a_create_is_four_statements(ids: list[int], django_assert_num_queries: Any) -> None:
    record(ids[0], "first").save()
    with django_assert_num_queries(4):  # BEGIN, the record, the aggregates, COMMIT
        record(ids[0], "second").save(force_insert=True)
    assert differences() == []


def test_a_switch_takes_nothing_from_the_views_and_leaves_nothing_behind(ids: list[int]) -> None:
    record(ids[0], "under triggers").save()
    strategies.use("signals")
    record(ids[0], "under signals").save()
    strategies.use("triggers")
    record(ids[0], "under triggers again").save()
    assert daily() == [(ids[0], "data", DAYS[0], 21, Decimal(9), 3)]
    assert differences() == []


class Undo(Exception):  # noqa: N818 - ends a savepoint on purpose
    pass


def write_at_random(writer: int, ids: list[int]) -> None:  # noqa: C901 - a list of ways to write
    """Write in every way, on records that all writers share."""
    drawn = random.Random(writer)

    def some() -> list[str]:
        return [f"r{number}" for number in drawn.sample(range(12), drawn.randint(1, 5))]

    def new() -> list[DataUsageRecord]:
        # In the order of their keys: inserting the same keys in different orders can deadlock.
        timestamp = NOON + timedelta(days=drawn.randrange(3))
        of = drawn.choice(ids)
        return [record(of, each, usage_date=timestamp, price=Decimal(drawn.randrange(99))) for each in sorted(some())]

    def bulk_update() -> None:
        records = list(DATA.filter(record_id__in=some()))
        for each in records:
            each.price = Decimal(drawn.randrange(99))
        if records:
            DATA.bulk_update(records, ["price"])

    def save_or_delete_one() -> None:
        if found := DATA.filter(record_id__in=some()).first():
            found.price = Decimal(drawn.randrange(99))
            if drawn.random() < 0.5:
                # Django saves a record that was deleted meanwhile by inserting it: an error, if it exists again.
                with suppress(IntegrityError):
                    found.save()
            else:
                found.delete()

    def undo() -> None:
        with suppress(Undo), transaction.atomic():
            DATA.filter(record_id__in=some()).update(price=0)
            raise Undo

    ways: list[Callable[[], object]] = [
        lambda: DATA.bulk_create(new(), ignore_conflicts=True),
        lambda: DATA.bulk_create(new(), ignore_conflicts=True),
        lambda: DATA.bulk_create(
            new()[:1],
            update_conflicts=True,
            unique_fields=["record_id", "usage_date", "subscription"],
            update_fields=["price", "kilobytes_used"],
        ),
        lambda: DATA.create(
            subscription_id=drawn.choice(ids), usage_date=NOON, kilobytes_used=1, price=drawn.randrange(9)
        ),
        lambda: DATA.filter(record_id__in=some()).update(price=F("price") + 1, kilobytes_used=F("kilobytes_used") + 1),
        lambda: DATA.filter(record_id__in=some()).delete(),
        lambda: DATA.filter(subscription_id=drawn.choice(ids), price__lt=30).delete(),
        bulk_update,
        save_or_delete_one,
        undo,
    ]
    for _ in range(60):
        drawn.choice(ways)()


@pytest.mark.usefixtures("signals")
def test_writers_of_the_same_records_end_equal_to_the_oracle(ids: list[int]) -> None:
    with ThreadPoolExecutor(WRITERS) as pool:
        for writing in [in_thread(pool, lambda n=n: write_at_random(n, ids)) for n in range(WRITERS)]:
            writing.result()
    assert differences() == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(records), 0) FROM usage_monthly")
        assert cursor.fetchone() == (DATA.count(),)


@pytest.mark.usefixtures("signals")
def test_two_sessions_that_add_to_the_same_record_both_count(ids: list[int]) -> None:
    record(ids[0]).save()
    with ThreadPoolExecutor(1) as pool, waiting() as wait:
        with transaction.atomic():
            DATA.update(price=F("price") + 1)
            second = in_thread(pool, lambda: DATA.update(price=F("price") * 10))
            wait(second)
        assert second.result() == 1
    assert daily() == [(ids[0], "data", DAYS[0], 7, Decimal(40), 1)]
    assert differences() == []


@pytest.mark.usefixtures("signals")
def test_two_sessions_that_delete_the_same_records_subtract_them_once(ids: list[int]) -> None:
    DATA.bulk_create([record(ids[0], "a"), record(ids[0], "b"), record(ids[1], "c")])
    with ThreadPoolExecutor(2) as pool:
        with waiting(2) as wait, transaction.atomic():
            assert DATA.filter(subscription_id=ids[0]).delete()[0] == 2
            everything = in_thread(pool, lambda: DATA.all().delete())
            one = in_thread(pool, lambda: DATA.filter(record_id="b").update(price=50))
            wait(everything, one)
        assert everything.result() == (1, {"wingtel_usage.DataUsageRecord": 1})
        assert one.result() == 0
    assert daily() == []
    assert differences() == []


@pytest.mark.usefixtures("signals")
@pytest.mark.parametrize("write", ["update", "delete"])
def test_a_record_whose_key_another_session_changes_meanwhile_is_still_written(write: str, ids: list[int]) -> None:
    record(ids[0]).save()
    writes: dict[str, Callable[[], int]] = {
        "update": lambda: DATA.filter(record_id="r").update(price=F("price") + 4),
        "delete": lambda: DATA.filter(record_id="r").delete()[0],
    }
    with ThreadPoolExecutor(1) as pool:
        with waiting() as wait, transaction.atomic():
            DATA.update(subscription_id=ids[1], usage_date=NOON + timedelta(hours=1))
            second = in_thread(pool, writes[write])
            wait(second)
        assert second.result() == 1
    assert daily() == ([(ids[1], "data", DAYS[0], 7, Decimal(7), 1)] if write == "update" else [])
    assert differences() == []


@pytest.mark.usefixtures("signals")
def test_a_record_inserted_by_another_session_meanwhile_is_updated_from_what_it_inserted(ids: list[int]) -> None:
    def insert_or_update() -> None:
        DATA.bulk_create(
            [record(ids[0], price=Decimal(9), kilobytes_used=1)],
            update_conflicts=True,
            unique_fields=["record_id", "usage_date", "subscription"],
            update_fields=["price"],
        )

    with ThreadPoolExecutor(1) as pool:
        with waiting() as wait, transaction.atomic():
            record(ids[0]).save()
            second = in_thread(pool, insert_or_update)
            wait(second)
        second.result()
    assert daily() == [(ids[0], "data", DAYS[0], 7, Decimal(9), 1)]
    assert differences() == []


WRITES: dict[str, Callable[[int], object]] = {
    "create": lambda of: DATA.create(subscription_id=of, usage_date=NOON, kilobytes_used=1, price=1),
    "bulk_create": lambda of: DATA.bulk_create([record(of, "a"), record(of, "b")]),
    "bulk_create, ignoring conflicts": lambda of: DATA.bulk_create(
        [record(of, "there"), record(of, "b")], ignore_conflicts=True
    ),
    "bulk_create, updating conflicts": lambda of: DATA.bulk_create(
        [record(of, "there", price=Decimal(8)), record(of, "b")],
        update_conflicts=True,
        unique_fields=["record_id", "usage_date", "subscription"],
        update_fields=["price"],
    ),
    "save": lambda of: record(of, "there", price=Decimal(8)).save(),
    "update": lambda of: DATA.update(price=F("price") + 1),
    "delete": lambda of: DATA.get(record_id="there").delete(),
    "delete by queryset": lambda of: DATA.all().delete(),
}


@pytest.fixture
def back_to_triggers() -> Iterator[None]:
    yield
    strategies.use("triggers")


@pytest.mark.usefixtures("back_to_triggers")
@pytest.mark.parametrize("expected", [False, True])
@pytest.mark.parametrize(("old", "new"), [("triggers", "signals"), ("signals", "triggers")])
@pytest.mark.parametrize("way", WRITES)
def test_a_process_that_expects_something_else_counts_once(
    way: str, old: str, new: str, expected: bool, ids: list[int]
) -> None:
    if old == "signals":
        strategies.use("signals")
    record(ids[0], "there").save()
    strategies.use(new)
    change_events.remember("default", enabled=expected)
    WRITES[way](ids[0])
    assert differences() == []
    WRITES["create"](ids[1])
    assert differences() == []


@pytest.mark.usefixtures("back_to_triggers")
@pytest.mark.parametrize("expected", [False, True])
@pytest.mark.parametrize(("old", "new"), [("triggers", "signals"), ("signals", "triggers")])
@pytest.mark.parametrize("way", WRITES)
def test_a_writer_that_waits_for_a_switch_follows_it(
    way: str, old: str, new: str, expected: bool, ids: list[int]
) -> None:
    if old == "signals":
        strategies.use("signals")
    record(ids[0], "there").save()
    change_events.remember("default", enabled=expected)
    with ThreadPoolExecutor(1) as pool:
        with waiting() as wait, transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(
                    "LOCK TABLE wingtel_data_usage_record, wingtel_voice_usage_record IN ACCESS EXCLUSIVE MODE"
                )
            writing = in_thread(pool, lambda: WRITES[way](ids[0]))
            wait(writing)
            strategies.use(new)
        writing.result()
    assert differences() == []


@pytest.mark.usefixtures("back_to_triggers")
def test_a_switch_waits_for_who_has_written(ids: list[int]) -> None:
    with ThreadPoolExecutor(1) as pool:
        with waiting() as wait, transaction.atomic():
            record(ids[0], "a").save()
            switching = in_thread(pool, lambda: strategies.use("signals"))
            wait(switching)
            record(ids[0], "b").save()
            DATA.update(price=F("price") + 1)
        switching.result()
    record(ids[0], "c").save()
    assert daily() == [(ids[0], "data", DAYS[0], 21, Decimal(11), 3)]
    assert differences() == []


@pytest.mark.usefixtures("back_to_triggers")
@pytest.mark.parametrize(("old", "new"), [("triggers", "signals"), ("signals", "triggers")])
@pytest.mark.parametrize("way", WRITES)
def test_a_transaction_that_sees_the_past_never_counts_by_a_strategy_that_is_gone(
    way: str, old: str, new: str, ids: list[int]
) -> None:
    if old == "signals":
        strategies.use("signals")
    record(ids[0], "there").save()
    # If the switch changed the same rows, PostgreSQL rejects their change, and the transaction can be tried again.
    with ThreadPoolExecutor(1) as pool, suppress(OperationalError), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        assert Subscription.objects.count() == 4  # takes the snapshot
        in_thread(pool, lambda: strategies.use(new)).result()
        assert ActiveStrategy.objects.get().name == old
        WRITES[way](ids[0])
    assert differences() == []
