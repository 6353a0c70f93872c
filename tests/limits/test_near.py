"""Whoever stays below ceilings that stand is looked at only near a level: less to do, and nothing missed by it."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from tests.conformance.at_once import Session as Steps
from tests.conformance.at_once import in_threads, orders, walk
from tests.conformance.conftest import ways
from tests.conformance.writing import DELETE, MODELS, WRITE
from tests.limits.made import alerts, limit, subscription, use
from tests.limits.oracle import differences
from wingtel.aggregates import strategies
from wingtel.aggregates.rebuild import rebuild_day
from wingtel.aggregates.strategies import Strategy
from wingtel.lifecycle.adjusting import adjust
from wingtel.limits.evaluating import evaluate
from wingtel.limits.keeping import change_limit
from wingtel.limits.models import Alert, LimitEvaluation
from wingtel.subscriptions.models import Plan, Subscription
from wingtel.usage import partitions
from wingtel.usage.models import DataUsageRecord, UsageType

TODAY = datetime.now(UTC).date()
MONTH = TODAY.replace(day=1)
NOON = datetime(MONTH.year, MONTH.month, 1, 12, tzinfo=UTC)
BEFORE = (MONTH - timedelta(days=1)).replace(day=1)


@pytest.fixture
def ready(strategy: Strategy) -> Strategy:
    """Under a strategy, with a limit by month that was evaluated once."""
    partitions.ensure([MONTH, BEFORE])
    limit("25", warn_at=[80], starts=BEFORE)
    evaluate()
    return strategy


@pytest.fixture
def triggers(transactional_db: None) -> None:
    """The same under the default strategy."""
    limit("25", warn_at=[80], starts=BEFORE)
    evaluate()


def near(month: date = MONTH) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT subscription_id FROM limit_near WHERE month = %s", [month])
        return {subscription_id for (subscription_id,) in cursor.fetchall()}


def pay(subscription_id: int, price: str, usage_type: str = "data", month: date = MONTH) -> None:
    use(subscription_id, str(month), price, usage_type)


def correct(subscription_id: int, price: str) -> None:
    adjust(
        subscription_id=subscription_id,
        usage_type=UsageType.DATA,
        day=MONTH,
        price=Decimal(price),
        reason="r",
        actor="a",
    )


def fold(strategy: Strategy) -> None:
    """Where the strategy folds."""
    if strategy.folds:
        strategy.fold()


def settle(strategy: Strategy) -> None:
    """Fold what waits for it, and look at that."""
    if strategy.folds:
        fold(strategy)
        evaluate()


@pytest.mark.usefixtures("triggers")
def test_who_stays_below_standing_ceilings_is_not_looked_at() -> None:
    one = subscription()
    pay(one, "10")
    evaluate()
    for _ in range(5):
        pay(one, "0.1")
        assert evaluate().looked_at == 0
    assert near() == set()


@pytest.mark.usefixtures("triggers")
def test_who_is_near_a_level_is_looked_at_when_it_is_reached() -> None:
    one = subscription()
    pay(one, "9.8")
    pay(one, "9.8", "voice")
    evaluate()
    assert near() == {one}
    pay(one, "0.3")
    assert evaluate().looked_at == 0
    pay(one, "0.1", "voice")
    found = evaluate()
    assert (found.looked_at, found.raised) == (1, 1)
    assert [(level, price) for _, _, level, price, _ in alerts()] == [(80, "20.00")]
    pay(one, "0.1", "voice")
    assert evaluate().looked_at == 0  # the next level is far


@pytest.mark.usefixtures("triggers")
def test_each_usage_type_has_its_own_level_to_come_to() -> None:
    limit("10", usage_type="voice", starts=BEFORE)
    one = subscription()
    pay(one, "19.9")
    pay(one, "0.01", "voice")
    evaluate()
    pay(one, "0.05", "voice")
    assert evaluate().raised == 0
    pay(one, "0.04", "voice")
    assert evaluate().raised == 1
    pay(one, "9.8", "voice")
    assert evaluate().raised == 1  # 25 of both
    pay(one, "0.1", "voice")
    assert evaluate().raised == 1
    assert [(level, price) for _, _, level, price, _ in alerts()] == [(80, "20.00"), (100, "29.80"), (100, "10.00")]
    assert differences() == []


def test_a_small_step_over_a_level_is_seen(ready: Strategy) -> None:
    one = subscription()
    for price in ("19.7", "0.2", "0.1"):
        assert alerts() == []
        pay(one, price)
        evaluate()
        settle(ready)
    assert [level for _, _, level, *_ in alerts()] == [80]
    assert differences() == []


def test_small_steps_of_both_usage_types_are_seen(ready: Strategy) -> None:
    one = subscription()
    pay(one, "9.9")
    pay(one, "9.9", "voice")
    evaluate()
    settle(ready)
    pay(one, "0.15")
    pay(one, "0.15", "voice")
    evaluate()
    assert [level for _, _, level, *_ in alerts()] == [80]


def test_a_fall_and_a_rise_between_two_folds_are_seen(ready: Strategy) -> None:
    one = subscription()
    pay(one, "19.7")
    evaluate()
    settle(ready)
    correct(one, "-5")
    evaluate()
    pay(one, "5.4")
    fold(ready)
    evaluate()
    assert [level for _, _, level, *_ in alerts()] == [80]
    correct(one, "-0.2")
    fold(ready)
    assert evaluate().recovered == 1
    assert differences() == []


def test_a_small_fall_below_a_level_is_seen_and_a_small_step_back(ready: Strategy) -> None:
    limit("25", warn_at=[82], starts=BEFORE)
    one = subscription()
    pay(one, "0.01", "voice")
    pay(one, "19")
    pay(one, "1.1")  # over 80 %, and near 82 %
    assert evaluate().raised == 1
    settle(ready)
    correct(one, "-0.2")
    fold(ready)
    assert evaluate().recovered == 1
    pay(one, "0.1")
    assert evaluate().raised == 1
    settle(ready)
    correct(one, "-15")
    fold(ready)
    assert evaluate().recovered == 1
    assert differences() == []


def test_records_that_are_taken_away_together_are_seen(ready: Strategy) -> None:
    way = ways(ready)[-1]
    if way not in DELETE:
        pytest.skip(f"{ready.name} does not count it")
    ids = [subscription(), subscription()]
    for record_id, price in (("a", "19"), ("b", "1.1"), ("c", "0.05")):
        WRITE[way](DataUsageRecord, [(f"{record_id}-{one}", NOON, one, Decimal(price), 7) for one in ids])
    assert evaluate().raised == 2
    settle(ready)
    DELETE[way](DataUsageRecord, "c-")
    DELETE[way](DataUsageRecord, "b-")
    fold(ready)
    assert evaluate().recovered == 2
    assert differences() == []


@pytest.mark.parametrize("order", orders(2, 2), ids=str)
def test_a_small_step_and_an_evaluation_in_every_order(
    ready: Strategy, watching: psycopg.Connection[object], order: tuple[int, ...]
) -> None:
    one = subscription()
    pay(one, "19.9")
    evaluate()
    settle(ready)

    def writes(session: Steps) -> list[object]:
        return [lambda: (session.begin(), pay(one, "0.15")), session.commit]

    def evaluates(session: Steps) -> list[object]:
        return [lambda: (session.begin(), pay(subscription(), "24.9"), evaluate()), session.commit]

    walk(watching, writes, evaluates, order)
    evaluate()
    assert differences() == []
    assert len(alerts()) == 2


@pytest.mark.parametrize("order", orders(2, 2), ids=str)
def test_two_writers_who_reach_it_only_together_in_every_order(
    ready: Strategy, watching: psycopg.Connection[object], order: tuple[int, ...]
) -> None:
    one = subscription()
    pay(one, "9.6")
    pay(one, "9.6", "voice")
    evaluate()
    settle(ready)

    def writes(session: Steps, usage_type: str) -> list[object]:
        return [lambda: (session.begin(), pay(one, "0.45", usage_type)), lambda: (session.commit(), evaluate())]

    walk(watching, lambda session: writes(session, "data"), lambda session: writes(session, "voice"), order)
    evaluate()
    assert [level for _, _, level, *_ in alerts()] == [80]


def test_many_small_steps_and_evaluations_at_once_miss_nothing(ready: Strategy) -> None:
    limit("9", usage_type="voice", warn_at=[70, 90], starts=BEFORE)
    ids = [subscription() for _ in range(10)]

    def write(number: int) -> int:
        drawn, model = random.Random(number), MODELS[number % 2]
        for step in range(25):
            prices = [Decimal(drawn.randint(1, 100)) / 100 for _ in ids]
            rows = [(f"{number}-{step}-{one}", NOON, one, price, 7) for one, price in zip(ids, prices, strict=True)]
            WRITE["recorded"](model, rows)
        return 0

    def look() -> int:
        return sum(evaluate().raised for _ in range(20))

    def fold_often() -> int:
        for _ in range(10 if ready.folds else 0):
            ready.fold()
        return 0

    *_, one, other = in_threads(*[lambda number=number: write(number) for number in range(4)], fold_often, look, look)
    assert one + other + evaluate().raised == Alert.objects.count() > 0
    assert differences() == []


def test_a_limit_that_changes_makes_others_near(ready: Strategy) -> None:
    one = subscription()
    pay(one, "14.8")
    evaluate()
    settle(ready)
    made = limit("1000", starts=BEFORE)
    evaluate()
    change_limit(made.pk, amount=Decimal(15), starts=BEFORE)
    evaluate()
    pay(one, "0.2")
    evaluate()
    assert [level for _, _, level, *_ in alerts()] == [100]
    assert differences() == []


@pytest.mark.usefixtures("triggers")
def test_another_plan_makes_every_change_count_in_months_before_too() -> None:
    plan = Plan.objects.create(name="small")
    limit("15", plan_id=plan.pk, starts=BEFORE)
    one = subscription()
    for month in (BEFORE, MONTH):
        pay(one, "14.8", month=month)
    evaluate()
    Subscription.objects.filter(pk=one).update(plan=plan)
    evaluate()
    for month in (BEFORE, MONTH):
        pay(one, "0.2", month=month)
        assert evaluate().raised == 1
    assert near(BEFORE) == near(MONTH) == set()


@pytest.mark.usefixtures("triggers")
def test_in_months_long_over_every_change_is_looked_at_and_nobody_is_kept_near() -> None:
    LimitEvaluation.objects.update(near_since=BEFORE - timedelta(days=1))
    one = subscription()
    partitions.ensure([BEFORE - timedelta(days=1)])
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO limit_near (month, subscription_id) VALUES (%s, 1)", [BEFORE - timedelta(days=1)])
    evaluate()
    assert LimitEvaluation.objects.get().near_since == BEFORE
    assert near(BEFORE - timedelta(days=1)) == set()
    use(one, str(BEFORE - timedelta(days=1)), "0.1")
    evaluate()
    use(one, str(BEFORE - timedelta(days=1)), "0.1")
    assert evaluate().looked_at == 1


@pytest.mark.usefixtures("triggers")
def test_what_was_forgotten_is_not_taken_for_known_when_today_goes_back() -> None:
    LimitEvaluation.objects.update(near_since=MONTH)
    evaluate()
    assert LimitEvaluation.objects.get().near_since == MONTH
    one = subscription()
    for _ in range(3):
        pay(one, "0.1", month=BEFORE)
        assert evaluate().looked_at == 1


@pytest.mark.usefixtures("triggers")
def test_everybody_is_looked_at_once_where_it_is_not_known_who_is_near() -> None:
    one = subscription()
    pay(one, "19.9")
    evaluate()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM limit_near")
    LimitEvaluation.objects.update(near_since=None)
    assert evaluate().looked_at == 1
    assert near() == {one}


def test_a_rebuild_and_another_strategy_leave_nobody_out(ready: Strategy) -> None:
    one = subscription()
    pay(one, "19.7")
    evaluate()
    if ready.stores:
        rebuild_day(MONTH)
    pay(one, "0.2")
    evaluate()
    for name in (*strategies.NAMES, ready.name):
        strategies.use(name)
        evaluate()
    pay(one, "0.1")
    evaluate()
    assert [level for _, _, level, *_ in alerts()] == [80]


def test_whatever_is_paid_the_open_alerts_are_what_the_sources_say(ready: Strategy) -> None:
    drawn = random.Random(11)
    limit("8", usage_type="voice", warn_at=[50, 95, 150], starts=BEFORE)
    ids = [subscription() for _ in range(4)]
    limit("12", subscription_id=ids[0], warn_at=[60, 70, 80, 90], starts=BEFORE)
    way = ways(ready)[-1]
    for step in range(40):
        for number in range(drawn.randint(1, 6)):
            month = drawn.choice([MONTH, MONTH, BEFORE])
            moment = datetime(month.year, month.month, drawn.randint(1, 28), 12, tzinfo=UTC)
            partitions.ensure([moment.date()])
            cents = drawn.choice([drawn.randint(1, 9), drawn.randint(10, 90), drawn.randint(100, 500)])
            row = (f"{step}-{number}", moment, drawn.choice(ids), Decimal(cents) / 100, 7)
            WRITE[way](drawn.choice(MODELS), [row])
        if way in DELETE and drawn.random() < 0.1:
            DELETE[way](drawn.choice(MODELS), f"{drawn.randint(0, step)}-")
        if drawn.random() < 0.2:
            adjust(
                subscription_id=drawn.choice(ids),
                usage_type=drawn.choice(list(UsageType)),
                day=drawn.choice([MONTH, BEFORE]),
                price=Decimal(drawn.randint(-300, 100) or 1) / 100,
                reason="r",
                actor="a",
            )
        if ready.folds and drawn.random() < 0.5:
            ready.fold()
        if drawn.random() < 0.7:
            evaluate()
            assert differences() == []
    evaluate()
    assert differences() == []
    assert Alert.objects.count() > 20


@pytest.mark.django_db
@given(st.lists(st.decimals(-100, 1000, places=4), min_size=2, max_size=2), st.decimals(0, 1, places=2))
def test_whoever_paid_less_has_no_ceilings_that_come_to_it(prices: list[Decimal], share: Decimal) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT greatest(data, 0) + greatest(voice, 0) >= usage_least_price(ceilings)
               FROM (VALUES (%s::numeric, %s::numeric)) AS paid (data, voice)
               CROSS JOIN LATERAL (
                   SELECT %s * (usage_highest_ceiling(data) + usage_highest_ceiling(voice)) AS ceilings
               ) AS highest""",
            [*prices, share],
        )
        assert cursor.fetchone() == (True,)
