"""Small steps over a threshold and back are seen, whatever causes them."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest

from tests.capabilities import under_strategies
from tests.conformance.at_once import Session as Steps
from tests.conformance.at_once import in_threads, orders, walk
from tests.conformance.conftest import ways
from tests.conformance.writing import DELETE, MODELS, WRITE
from tests.limits.made import alerts, limit, subscription, use
from tests.limits.oracle import differences
from wingtel.adjustments.services import adjust
from wingtel.aggregates.strategies import Strategy
from wingtel.limits.evaluation import evaluate
from wingtel.limits.models import Alert
from wingtel.limits.services import change_limit
from wingtel.subscriptions.models import Plan, Subscription
from wingtel.usage import partitions
from wingtel.usage.models import DataUsageRecord, UsageType

TODAY = datetime.now(UTC).date()
MONTH = TODAY.replace(day=1)
NOON = datetime(MONTH.year, MONTH.month, 1, 12, tzinfo=UTC)
BEFORE = (MONTH - timedelta(days=1)).replace(day=1)


@pytest.fixture
def ready(strategy: Strategy) -> Strategy:
    """Prepare a strategy with a limit by month that was evaluated once."""
    partitions.ensure([MONTH, BEFORE])
    limit("25", thresholds=[80], starts=BEFORE)
    evaluate()
    return strategy


@pytest.fixture
def triggers(transactional_db: None) -> None:
    """Prepare the same under the default strategy."""
    limit("25", thresholds=[80], starts=BEFORE)
    evaluate()


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


def flush(strategy: Strategy) -> None:
    """Merge pending deltas, and evaluate them."""
    if strategy.has_deltas:
        strategy.merge()
        evaluate()


@pytest.mark.usefixtures("triggers")
def test_each_usage_type_has_its_own_threshold_to_come_to() -> None:
    limit("10", usage_type="voice", starts=BEFORE)
    one = subscription()
    pay(one, "19.9")
    pay(one, "0.01", "voice")
    evaluate()
    pay(one, "0.05", "voice")
    assert evaluate().opened == 0
    pay(one, "0.04", "voice")
    assert evaluate().opened == 1
    pay(one, "9.8", "voice")
    assert evaluate().opened == 1  # 25 of both
    pay(one, "0.1", "voice")
    assert evaluate().opened == 1
    assert [(percent, price) for _, _, percent, price, _ in alerts()] == [(80, "20.00"), (100, "29.80"), (100, "10.00")]
    assert differences() == []


def test_a_small_step_over_a_threshold_is_seen(ready: Strategy) -> None:
    one = subscription()
    for price in ("19.7", "0.2", "0.1"):
        assert alerts() == []
        pay(one, price)
        evaluate()
        flush(ready)
    assert [percent for _, _, percent, *_ in alerts()] == [80]
    assert differences() == []


def test_a_fall_and_a_rise_between_two_merges_are_seen(ready: Strategy) -> None:
    one = subscription()
    pay(one, "19.7")
    evaluate()
    flush(ready)
    correct(one, "-5")
    evaluate()
    pay(one, "5.4")
    ready.merge()
    evaluate()
    assert [percent for _, _, percent, *_ in alerts()] == [80]
    correct(one, "-0.2")
    ready.merge()
    assert evaluate().resolved == 1
    assert differences() == []


def test_a_small_fall_below_a_threshold_is_seen_and_a_small_step_back(ready: Strategy) -> None:
    limit("25", thresholds=[82], starts=BEFORE)
    one = subscription()
    pay(one, "0.01", "voice")
    pay(one, "19")
    pay(one, "1.1")  # over 80 %, and near 82 %
    assert evaluate().opened == 1
    flush(ready)
    correct(one, "-0.2")
    ready.merge()
    assert evaluate().resolved == 1
    pay(one, "0.1")
    assert evaluate().opened == 1
    flush(ready)
    correct(one, "-15")
    ready.merge()
    assert evaluate().resolved == 1
    assert differences() == []


@under_strategies("counts_models")
def test_records_that_are_taken_away_together_are_seen(ready: Strategy) -> None:
    way = ways(ready)[-1]
    ids = [subscription(), subscription()]
    for record_id, price in (("a", "19"), ("b", "1.1"), ("c", "0.05")):
        WRITE[way](DataUsageRecord, [(f"{record_id}-{one}", NOON, one, Decimal(price), 7) for one in ids])
    assert evaluate().opened == 2
    flush(ready)
    DELETE[way](DataUsageRecord, "c-")
    DELETE[way](DataUsageRecord, "b-")
    ready.merge()
    assert evaluate().resolved == 2
    assert differences() == []


@pytest.mark.parametrize("order", orders(2, 2), ids=str)
def test_two_writers_who_reach_it_only_together_in_every_order(
    ready: Strategy, monitor: psycopg.Connection[object], order: tuple[int, ...]
) -> None:
    one = subscription()
    pay(one, "9.6")
    pay(one, "9.6", "voice")
    evaluate()
    flush(ready)

    def writes(session: Steps, usage_type: str) -> list[object]:
        return [lambda: (session.begin(), pay(one, "0.45", usage_type)), lambda: (session.commit(), evaluate())]

    walk(monitor, lambda session: writes(session, "data"), lambda session: writes(session, "voice"), order)
    evaluate()
    assert [percent for _, _, percent, *_ in alerts()] == [80]


def test_many_small_steps_and_evaluations_at_once_miss_nothing(ready: Strategy) -> None:
    limit("9", usage_type="voice", thresholds=[70, 90], starts=BEFORE)
    ids = [subscription() for _ in range(10)]

    def write(number: int) -> int:
        rng, model = random.Random(number), MODELS[number % 2]
        for step in range(25):
            prices = [Decimal(rng.randint(1, 100)) / 100 for _ in ids]
            rows = [(f"{number}-{step}-{one}", NOON, one, price, 7) for one, price in zip(ids, prices, strict=True)]
            WRITE["recorded"](model, rows)
        return 0

    def evaluate_often() -> int:
        return sum(evaluate().opened for _ in range(20))

    def merge_often() -> int:
        for _ in range(10 if ready.has_deltas else 0):
            ready.merge()
        return 0

    *_, one, other = in_threads(
        *[lambda number=number: write(number) for number in range(4)], merge_often, evaluate_often, evaluate_often
    )
    assert one + other + evaluate().opened == Alert.objects.count() > 0
    assert differences() == []


def test_a_changed_limit_is_reached_by_a_small_step(ready: Strategy) -> None:
    one = subscription()
    pay(one, "14.8")
    evaluate()
    flush(ready)
    made = limit("1000", starts=BEFORE)
    evaluate()
    change_limit(made.pk, amount=Decimal(15), starts=BEFORE)
    evaluate()
    pay(one, "0.2")
    evaluate()
    assert [percent for _, _, percent, *_ in alerts()] == [100]
    assert differences() == []


@pytest.mark.usefixtures("triggers")
def test_after_a_change_of_plan_small_steps_count_in_the_month_before_too() -> None:
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
        assert evaluate().opened == 1


def test_whatever_is_paid_the_open_alerts_are_what_the_sources_say(ready: Strategy) -> None:
    rng = random.Random(11)
    limit("8", usage_type="voice", thresholds=[50, 95, 150], starts=BEFORE)
    ids = [subscription() for _ in range(4)]
    limit("12", subscription_id=ids[0], thresholds=[60, 70, 80, 90], starts=BEFORE)
    way = ways(ready)[-1]
    for step in range(40):
        for number in range(rng.randint(1, 6)):
            month = rng.choice([MONTH, MONTH, BEFORE])
            timestamp = datetime(month.year, month.month, rng.randint(1, 28), 12, tzinfo=UTC)
            partitions.ensure([timestamp.date()])
            cents = rng.choice([rng.randint(1, 9), rng.randint(10, 90), rng.randint(100, 500)])
            row = (f"{step}-{number}", timestamp, rng.choice(ids), Decimal(cents) / 100, 7)
            WRITE[way](rng.choice(MODELS), [row])
        if way in DELETE and rng.random() < 0.1:
            DELETE[way](rng.choice(MODELS), f"{rng.randint(0, step)}-")
        if rng.random() < 0.2:
            adjust(
                subscription_id=rng.choice(ids),
                usage_type=rng.choice(list(UsageType)),
                day=rng.choice([MONTH, BEFORE]),
                price=Decimal(rng.randint(-300, 100) or 1) / 100,
                reason="r",
                actor="a",
            )
        if ready.has_deltas and rng.random() < 0.5:
            ready.merge()
        if rng.random() < 0.7:
            evaluate()
            assert differences() == []
    evaluate()
    assert differences() == []
    assert Alert.objects.count() > 20
