"""Switches of the strategy, their rejection, and detection of an installation that was tampered with."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection, connections

from tests.conformance.oracle import differences
from tests.sessions import new_connection
from wingtel.aggregates import strategies
from wingtel.aggregates.models import DailyUsage, MonthlyUsage
from wingtel.subscriptions.models import Subscription
from wingtel.usage import partitions
from wingtel.usage.models import DataUsageRecord

pytestmark = pytest.mark.django_db(transaction=True)

DAYS = [date(2026, 5, 30), date(2026, 6, 2)]


@pytest.fixture(autouse=True)
def usage() -> None:
    partitions.ensure(DAYS)
    subscription = Subscription.objects.create(carrier="att")
    for day in DAYS:
        DataUsageRecord.objects.create(
            subscription=subscription,
            usage_date=datetime(day.year, day.month, day.day, tzinfo=UTC),
            kilobytes_used=5,
            price=Decimal("2.5"),
        )


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def trigger_count() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE 'usage\\_%'")
        (count,) = cursor.fetchone()
    return int(count)


def test_using_the_active_strategy_changes_nothing() -> None:
    assert strategies.use("triggers") is False


def test_a_strategy_without_triggers_leaves_none_and_one_with_triggers_attaches_them_everywhere() -> None:
    before = trigger_count()
    assert before >= 2 * 3 + 4 * 4  # three on each raw table, four on each of the partitions
    assert strategies.use("view") is True
    assert trigger_count() == 0
    assert strategies.use("incremental") is True
    assert trigger_count() == before
    assert strategies.problems() == []


def test_the_rebuild_is_reported_day_by_day() -> None:
    reports: list[tuple[int, int]] = []
    strategies.use("inline", progress=lambda done, total: reports.append((done, total)))
    total = reports[0][1]
    assert total >= len(DAYS)
    assert reports == [(done, total) for done in range(total + 1)]


def test_stored_aggregates_that_went_stale_under_the_view_are_replaced() -> None:
    strategies.use("view")
    DataUsageRecord.objects.all().delete()
    strategies.use("triggers")
    assert DailyUsage.objects.count() == 0
    assert differences() == []


def test_the_view_is_refused_once_raw_records_are_gone() -> None:
    sql("INSERT INTO wingtel_daily_usage VALUES (1, 'data', '2020-01-01', 1, 1, 1), (1, 'data', '2020-01-03', 1, 1, 1)")
    with pytest.raises(strategies.SwitchRejectedError, match=r"those of 2 days are gone \(2020-01-01 to 2020-01-03\)"):
        strategies.use("view")
    assert strategies.active() is strategies.named("triggers")


def test_aggregates_of_days_whose_raw_records_are_gone_outlive_a_switch() -> None:
    sql("INSERT INTO wingtel_daily_usage VALUES (1, 'data', '2020-01-01', 1, 1, 1)")
    strategies.use("incremental")
    assert DailyUsage.objects.filter(day=date(2020, 1, 1)).count() == 1


def test_a_month_is_not_derived_from_a_day_that_never_had_raw_records() -> None:
    sql("INSERT INTO wingtel_daily_usage VALUES (1, 'data', '2026-06-20', 1, 1, 1)")
    sql("UPDATE wingtel_monthly_usage SET price = price + 1 WHERE month = '2026-05-01'")
    subscription_id = Subscription.objects.get().pk
    strategies.use("incremental")
    assert list(MonthlyUsage.objects.order_by("month").values_list("subscription_id", "month", "price")) == [
        (subscription_id, date(2026, 5, 1), Decimal("2.5")),
        (subscription_id, date(2026, 6, 1), Decimal("2.5")),
    ]


def test_a_writer_that_never_ends_is_named_as_the_reason() -> None:
    with new_connection() as writing:
        writing.execute("LOCK TABLE wingtel_data_usage_record IN ROW EXCLUSIVE MODE")
        with pytest.raises(strategies.SwitchRejectedError, match="other sessions held the usage tables"):
            strategies.use("view", timeout=0)
    assert strategies.active() is strategies.named("triggers")
    assert strategies.problems() == []
    assert differences() == []


def test_a_session_that_reads_raw_records_does_not_keep_writers_out() -> None:
    """Such a session keeps the old triggers from being dropped, but not from being disabled."""
    with new_connection() as reading:
        reading.execute("SELECT count(*) FROM wingtel_data_usage_record")
        with pytest.raises(strategies.SwitchRejectedError):
            strategies.use("view", timeout=0)
        active = strategies.active()
        assert active is strategies.named("view")
        assert differences() == []
    assert strategies.problems() != []
    strategies.use("view")
    assert strategies.problems() == []
    assert trigger_count() == 0


def test_a_switch_waits_for_a_writer_and_counts_what_it_wrote() -> None:
    with new_connection() as writing:
        writing.execute("INSERT INTO wingtel_data_usage_record VALUES ('w', '2026-06-02 10:00Z', 1, 1, 1)")

        def switch() -> bool:
            try:
                return strategies.use("incremental")
            finally:
                connections.close_all()

        with ThreadPoolExecutor(1) as pool, new_connection() as monitor:
            monitor.autocommit = True
            switched = pool.submit(switch)
            while monitor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone() == (0,):
                assert not switched.done()
            writing.commit()
            assert switched.result() is True
    assert differences() == []


@pytest.mark.parametrize(
    ("tamper", "problem"),
    [
        (
            "ALTER TABLE wingtel_data_usage_record_20260530 DISABLE TRIGGER usage_delete",
            "trigger usage_delete on wingtel_data_usage_record_20260530 is disabled",
        ),
        (
            "DROP TRIGGER usage_insert ON wingtel_data_usage_record",
            "trigger usage_insert on wingtel_data_usage_record is missing",
        ),
        (
            """CREATE OR REPLACE FUNCTION usage_count_wingtel_data_usage_record_insert() RETURNS trigger
               LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'""",
            "function usage_count_wingtel_data_usage_record_insert() was changed after it was installed",
        ),
        ("DROP FUNCTION usage_find_used(bigint[], boolean)", "function usage_find_used(bigint[],boolean) is missing"),
        (
            "CREATE OR REPLACE VIEW usage_daily AS SELECT * FROM wingtel_daily_usage WHERE records > 1",
            "view usage_daily was changed after it was installed",
        ),
        (
            "DROP RULE reject_merge ON wingtel_data_usage_record",
            "rule reject_merge on wingtel_data_usage_record is missing",
        ),
        (
            "ALTER TABLE wingtel_voice_usage_record DISABLE RULE reject_merge",
            "rule reject_merge on wingtel_voice_usage_record was changed after it was installed",
        ),
        (
            "DROP TRIGGER protect_used ON wingtel_subscription",
            "trigger protect_used on wingtel_subscription is missing",
        ),
        (
            "ALTER TABLE wingtel_usage_adjustment DISABLE TRIGGER keep",
            "trigger keep on wingtel_usage_adjustment was changed after it was installed",
        ),
    ],
)
def test_what_was_tampered_with_is_named_and_repaired(
    tamper: str, problem: str, make_usage: Callable[[], None]
) -> None:
    sql(tamper)
    assert strategies.problems() == [problem]
    make_usage()
    assert strategies.use("triggers") is True
    assert strategies.problems() == []
    assert differences() == []


@pytest.fixture
def make_usage() -> Callable[[], None]:
    def make() -> None:
        DataUsageRecord.objects.create(
            subscription_id=1, usage_date=datetime(2026, 5, 30, 1, tzinfo=UTC), kilobytes_used=1, price=Decimal(1)
        )

    return make
