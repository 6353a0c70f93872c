"""No change is missed: under every strategy, by every way of writing, and at any time of commit."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction

from tests.capabilities import under_strategies
from tests.conformance.at_once import Session as Steps
from tests.conformance.at_once import in_threads, orders, walk
from tests.conformance.conftest import ways
from tests.conformance.writing import CHANGE, DELETE, MODELS, WRITE, Row
from tests.limits.made import alerts, effective, limit, subscription, use
from tests.limits.oracle import differences
from tests.rounds import rounds
from tests.sessions import new_connection
from wingtel.adjustments.services import adjust
from wingtel.aggregates import changes, strategies
from wingtel.aggregates.rebuild import rebuild_day, store_months
from wingtel.aggregates.strategies import Strategy
from wingtel.lifecycle.rebuild_runs import rebuild_days
from wingtel.lifecycle.reconciliation import reconcile
from wingtel.limits.evaluation import Evaluation, evaluate
from wingtel.limits.models import Alert
from wingtel.usage import partitions
from wingtel.usage.models import DataUsageRecord, UsageType

DAY = date(2026, 3, 10)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
MARCH = "2026-03-01/2026-03-31"


@pytest.fixture
def ready(strategy: Strategy) -> Strategy:
    """Prepare a strategy with a limit of either kind that was evaluated once."""
    partitions.ensure([DAY])
    limit("25", thresholds=[80])
    limit("25", period="cycle", usage_type="data")
    evaluate()
    return strategy


def rows(prefix: str, subscription_ids: list[int], price: str) -> list[Row]:
    return [
        (f"{prefix}-{number}", NOON, subscription_id, Decimal(price), 7)
        for number, subscription_id in enumerate(subscription_ids)
    ]


def test_every_way_of_writing_is_seen(ready: Strategy) -> None:
    for way in ways(ready):
        ids = [effective("2025-12-31") for _ in range(3)]
        WRITE[way](DataUsageRecord, rows(way, ids, "24"))
        assert evaluate().opened == 3
        if way in CHANGE:
            CHANGE[way](DataUsageRecord, f"{way}-1")
            assert evaluate().opened == 2
            DELETE[way](DataUsageRecord, f"{way}-1")
            assert evaluate().resolved == 3
        assert differences() == []


def test_many_at_once_are_seen(ready: Strategy) -> None:
    ids = [subscription() for _ in range(600)]
    for way in ways(ready):
        WRITE[way](DataUsageRecord, rows(way, ids, "12.5"))
    evaluate()
    assert differences() == []
    assert Alert.objects.filter(threshold_percent=100, resolved_at=None).count() == (
        1200 if len(ways(ready)) > 1 else 0
    )


@under_strategies("counts_models")
def test_usage_that_moves_is_seen_on_both_sides(ready: Strategy) -> None:
    one, other = subscription(), subscription()
    use(one, "2026-03-10", "25", record_id="moves")
    assert evaluate().opened == 3
    DataUsageRecord.objects.filter(record_id="moves").update(subscription_id=other)
    found = evaluate()
    assert (found.opened, found.resolved) == (3, 3)
    assert {subscription_id for subscription_id, *_ in alerts(is_open=True)} == {other}


@under_strategies("counts_sql")
def test_truncating_is_seen(ready: Strategy) -> None:
    use(subscription(), "2026-03-10", "25")
    evaluate()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE wingtel_data_usage_record")
    assert evaluate().resolved == 3
    assert differences() == []


def test_an_adjustment_is_seen_though_its_day_has_no_records(ready: Strategy) -> None:
    one = subscription()
    adjust(
        subscription_id=one,
        usage_type=UsageType.VOICE,
        day=date(2026, 5, 3),
        price=Decimal(25),
        reason="roaming",
        actor="ada",
    )
    assert evaluate().opened == 2
    assert differences() == []


@under_strategies("stores")
def test_changes_by_rebuild_and_repair_are_seen(ready: Strategy) -> None:
    ids = [effective("2025-12-15") for _ in range(3)]
    WRITE["recorded"](DataUsageRecord, rows("r", ids, "25"))
    evaluate()

    def damage() -> None:
        ready.merge()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE wingtel_daily_usage SET price = 1")
        store_months(DAY, DAY)
        evaluate()
        assert alerts(is_open=True) == []

    for repair in (
        lambda: rebuild_day(DAY),
        lambda: reconcile(DAY, DAY, repair=True),
        lambda: rebuild_days(DAY, DAY, again=True),
    ):
        damage()
        repair()
        evaluate()
        assert differences() == []
        assert len(alerts(is_open=True)) == 9


def test_a_change_of_strategy_is_no_reason_to_miss_anything(ready: Strategy) -> None:
    ids = [subscription() for _ in range(3)]
    WRITE["recorded"](DataUsageRecord, rows("before", ids[:1], "25"))
    for number, name in enumerate((*strategies.NAMES, ready.name)):
        WRITE["recorded"](DataUsageRecord, rows(f"a{number}", ids[1:2], "5"))
        strategies.use(name)
        WRITE["recorded"](DataUsageRecord, rows(f"b{number}", ids[2:], "5"))
        evaluate()
        assert differences() == []
    assert {subscription_id for subscription_id, *_ in alerts(is_open=True)} == set(ids)


def test_what_is_pending_is_evaluated_once(ready: Strategy) -> None:
    if not ready.stores:
        pytest.skip(f"{ready.name} keeps nothing, so everybody is looked at each time")
    one = subscription()
    use(one, "2026-03-10", "20")
    assert evaluate() == Evaluation(evaluated=2, opened=1, resolved=0)
    assert evaluate() == Evaluation(0, 0, 0)
    ready.merge()
    assert evaluate() == Evaluation(0, 0, 0)
    use(one, "2026-03-11", "5")
    assert evaluate().opened == 2
    assert differences() == []


@under_strategies("counts_sql")
def test_a_transaction_that_commits_after_later_ones_were_evaluated_is_seen(ready: Strategy) -> None:
    late, early = subscription(), subscription()
    with new_connection() as session:
        session.execute(
            "INSERT INTO wingtel_data_usage_record (record_id, usage_date, subscription_id, price, kilobytes_used)"
            " VALUES ('late', %s, %s, 25, 1)",
            [NOON, late],
        )
        use(early, "2026-03-10", "25")
        assert evaluate().opened == 3
        assert {subscription_id for subscription_id, *_ in alerts()} == {early}
        session.commit()
    assert evaluate().opened == 3
    assert {subscription_id for subscription_id, *_ in alerts()} == {early, late}


def test_what_is_rolled_back_opens_nothing(ready: Strategy) -> None:
    one = subscription()
    with transaction.atomic():
        use(one, "2026-03-10", "25")
        transaction.set_rollback(True)
    assert evaluate().opened == 0


def test_an_evaluation_that_is_rolled_back_is_made_up_for(ready: Strategy) -> None:
    use(subscription(), "2026-03-10", "25")
    with transaction.atomic():
        assert evaluate().opened == 3
        transaction.set_rollback(True)
    assert alerts() == []
    assert evaluate().opened == 3


@pytest.mark.parametrize("order", orders(2, 2), ids=str)
def test_a_writer_and_an_evaluation_in_every_order(
    ready: Strategy, monitor: psycopg.Connection[object], order: tuple[int, ...]
) -> None:
    one = subscription()

    def writes(session: Steps) -> list[object]:
        return [lambda: (session.begin(), use(one, "2026-03-10", "25")), session.commit]

    def evaluates(session: Steps) -> list[object]:
        return [lambda: (session.begin(), evaluate()), session.commit]

    walk(monitor, writes, evaluates, order)
    evaluate()
    assert differences() == []


@pytest.mark.parametrize("order", orders(2, 2), ids=str)
def test_two_evaluations_in_every_order(
    ready: Strategy, monitor: psycopg.Connection[object], order: tuple[int, ...]
) -> None:
    one = subscription()
    use(one, "2026-03-10", "25")

    def evaluates(session: Steps) -> list[object]:
        return [lambda: (session.begin(), evaluate()), session.commit]

    walk(monitor, evaluates, evaluates, order)
    assert [(period, percent) for _, period, percent, *_ in alerts()] == [(MARCH, 80), (MARCH, 100), (MARCH, 100)]


@pytest.mark.django_db(transaction=True)
def test_many_writers_and_evaluations_at_once_open_each_alert_once() -> None:
    partitions.ensure([DAY])
    limit("25", thresholds=[80])
    evaluate()
    ids = [subscription() for _ in range(20)]

    def write(prefix: str) -> int:
        for number in range(5):
            WRITE["recorded"](DataUsageRecord, rows(f"{prefix}{number}", ids, "1.25"))
        return 0

    def evaluate_often() -> int:
        return sum(evaluate().opened for _ in range(15))

    opened = in_threads(
        *[lambda prefix=prefix: write(prefix) for prefix in "abcd"], evaluate_often, evaluate_often, evaluate_often
    )
    assert sum(opened) + evaluate().opened == 40
    assert sorted((subscription_id, percent) for subscription_id, _, percent, *_ in alerts()) == [
        (subscription_id, percent) for subscription_id in ids for percent in (80, 100)
    ]
    assert differences() == []


@pytest.mark.django_db(transaction=True)
def test_an_older_snapshot_is_refused_since_it_would_miss_something() -> None:
    limit("25")
    evaluate()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        with pytest.raises(ProgrammingError, match="READ COMMITTED"):
            evaluate()


@pytest.mark.django_db(transaction=True)
def test_a_session_that_wrote_before_change_capture_logs_what_it_writes_after() -> None:
    partitions.ensure([DAY])
    one = subscription()
    evaluate()  # there is no limit yet, so change capture is disabled
    assert not changes.is_enabled()
    with new_connection() as session:
        session.autocommit = True

        def write(record_id: str) -> None:
            session.execute(
                "INSERT INTO wingtel_data_usage_record (record_id, usage_date, subscription_id, price, kilobytes_used)"
                " VALUES (%s, %s, %s, 5, 1)",
                [record_id, NOON, one],
            )

        for number in range(10):  # its query plans are cached by now
            write(f"before-{number}")
        limit("60")
        assert evaluate() == Evaluation(0, 0, 0)
        write("one")
        assert changes.logged() == 1
        write("two")
    assert evaluate() == Evaluation(1, 1, 0)


@pytest.mark.django_db(transaction=True)
def test_a_writer_at_work_when_the_first_limit_is_made_is_seen(monitor: psycopg.Connection[object]) -> None:
    partitions.ensure([DAY])
    one = subscription()
    limit("25")
    with new_connection() as session:
        session.execute(
            "INSERT INTO wingtel_data_usage_record (record_id, usage_date, subscription_id, price, kilobytes_used)"
            " VALUES ('open', %s, %s, 25, 1)",
            [NOON, one],
        )
        evaluating = Steps(monitor)
        evaluating.take(evaluate)
        session.commit()
        evaluating.finish()
    evaluate()
    assert [subscription_id for subscription_id, *_ in alerts()] == [one]


def test_whatever_happens_the_open_alerts_are_what_the_sources_say(ready: Strategy) -> None:
    rng = random.Random(7)
    limit("8", usage_type="voice", thresholds=[50, 150])
    ids = [effective(day) for day in ("2025-12-01", "2025-12-16", "2025-12-31")]
    way = ways(ready)[-1]
    for step in range(rounds(10, thorough=100)):
        for number in range(rng.randint(1, 4)):
            model, day = rng.choice(MODELS), DAY + timedelta(days=rng.randint(-15, 45))
            timestamp = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
            partitions.ensure([day])
            WRITE[way](model, [(f"{step}-{number}", timestamp, rng.choice(ids), Decimal(rng.randint(1, 12)), 7)])
        if way in DELETE and rng.random() < 0.4:
            DELETE[way](rng.choice(MODELS), f"{rng.randint(0, step)}-")
        if rng.random() < 0.3:
            price = Decimal(rng.randint(-12, 12) or 1)
            day = DAY + timedelta(days=rng.randint(-15, 45))
            adjust(
                subscription_id=rng.choice(ids),
                usage_type=rng.choice(list(UsageType)),
                day=day,
                price=price,
                reason="r",
                actor="a",
            )
        if ready.has_deltas and rng.random() < 0.3:
            ready.merge()
        evaluate()
        assert differences() == []
