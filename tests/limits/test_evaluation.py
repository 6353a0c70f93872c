"""Limits that are reached, alerts that are resolved, and the times of evaluation."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from tests.limits.made import alerts, effective, limit, subscription, use
from wingtel.adjustments.services import adjust, reverse
from wingtel.aggregates import changes
from wingtel.limits import evaluation
from wingtel.limits.evaluation import Evaluation, evaluate
from wingtel.limits.models import Alert, PriceLimit
from wingtel.limits.services import LimitRejectedError, UnknownLimitError, change_limit, make_limit, remove_limit
from wingtel.subscriptions.models import Plan, Subscription
from wingtel.usage.models import DataUsageRecord, UsageType

pytestmark = pytest.mark.django_db(transaction=True)

MARCH = "2026-03-01/2026-03-31"


@pytest.fixture(autouse=True)
def _change_capture_disabled(transactional_db: None) -> None:
    """Evaluate without a limit, so that change capture is disabled, whatever the previous test left."""
    evaluate()


def test_a_limit_is_reached_once_and_by_a_total_that_equals_it() -> None:
    limit("25")
    below, equal, above = (subscription() for _ in range(3))
    for subscription_id, price in ((below, "24.9999"), (equal, "25"), (above, "30.50")):
        use(subscription_id, "2026-03-10", price)
    assert evaluate() == Evaluation(evaluated=2, opened=2, resolved=0)
    assert alerts() == [(equal, MARCH, 100, "25.00", None), (above, MARCH, 100, "30.50", None)]
    assert evaluate() == Evaluation(0, 0, 0)
    use(above, "2026-03-11", "1")
    assert evaluate() == Evaluation(evaluated=1, opened=0, resolved=0)
    assert len(alerts()) == 2


def test_each_threshold_is_opened_when_it_is_reached() -> None:
    limit("25", thresholds=[80, 50, 120])
    one = subscription()
    for price, percents in (("12.49", []), ("0.01", [50]), ("7.5", [50, 80]), ("10", [50, 80, 100, 120])):
        use(one, "2026-03-10", price)
        evaluate()
        assert [percent for _, _, percent, _, _ in alerts()] == percents
    assert [str(amount) for amount in Alert.objects.order_by("pk").values_list("threshold_amount", flat=True)] == [
        "12.500000",
        "20.000000",
        "25.000000",
        "30.000000",
    ]


def test_a_limit_counts_one_usage_type_or_both_together() -> None:
    both, data, voice = limit("25"), limit("25", usage_type="data"), limit("25", usage_type="voice")
    one = subscription()
    use(one, "2026-03-10", "15", "data")
    use(one, "2026-03-11", "12", "voice")
    evaluate()
    assert list(Alert.objects.values_list("price_limit_id", "usage_type", "price")) == [(both.pk, None, 27)]
    use(one, "2026-03-12", "10", "data")
    evaluate()
    assert {alert.price_limit_id: alert.price for alert in Alert.objects.all()} == {both.pk: 27, data.pk: 25}
    use(one, "2026-03-12", "20", "voice")
    evaluate()
    assert Alert.objects.get(price_limit=voice).price == 32


def test_each_limit_that_applies_is_evaluated_for_itself() -> None:
    plan, other = Plan.objects.create(name="one"), Plan.objects.create(name="other")
    with_plan, with_other, without = subscription(plan=plan), subscription(plan=other), subscription()
    everybody = limit("30")
    of_plan = limit("20", plan_id=plan.pk)
    of_one = limit("10", subscription_id=without)
    for each in (with_plan, with_other, without):
        use(each, "2026-03-10", "25")
    evaluate()
    opened = set(Alert.objects.values_list("subscription_id", "price_limit_id"))
    assert opened == {(with_plan, of_plan.pk), (without, of_one.pk)}
    use(with_plan, "2026-03-11", "5")
    evaluate()
    assert set(Alert.objects.values_list("subscription_id", "price_limit_id")) == opened | {(with_plan, everybody.pk)}


def test_a_correction_resolves_it_and_reaching_it_again_is_another_alert() -> None:
    limit("25", thresholds=[80])
    one = subscription()
    use(one, "2026-03-10", "26")
    evaluate()
    correction = adjust(
        subscription_id=one,
        usage_type=UsageType.DATA,
        day=date(2026, 3, 10),
        price=Decimal(-3),
        reason="credited",
        actor="ada",
    )
    assert evaluate() == Evaluation(1, 0, 1)
    assert alerts() == [(one, MARCH, 80, "26.00", None), (one, MARCH, 100, "26.00", "23.00")]
    reverse(correction.pk, reason="a mistake", actor="ada")
    assert evaluate() == Evaluation(1, 1, 0)
    assert alerts(is_open=True) == [(one, MARCH, 80, "26.00", None), (one, MARCH, 100, "26.00", None)]
    assert len(alerts()) == 3
    DataUsageRecord.objects.filter(subscription=one).delete()
    assert evaluate() == Evaluation(1, 0, 2)
    assert [resolved for *_, resolved in alerts()] == ["0.00", "23.00", "0.00"]


def test_each_month_is_for_itself() -> None:
    limit("25")
    one = subscription()
    for day in ("2026-03-31", "2026-04-01", "2026-05-30"):
        use(one, day, "25")
    evaluate()
    assert [period for _, period, *_ in alerts()] == [MARCH, "2026-04-01/2026-04-30", "2026-05-01/2026-05-31"]


def test_a_billing_cycle_goes_from_the_day_it_became_effective() -> None:
    limit("25", period="cycle")
    fifteenth, last, never = effective("2025-12-15"), effective("2025-12-31"), subscription()
    for each in (fifteenth, last, never):
        use(each, "2026-03-14", "20")
        use(each, "2026-03-15", "20")
    evaluate()
    assert alerts() == [
        (last, "2026-02-28/2026-03-30", 100, "40.00", None),
        (never, MARCH, 100, "40.00", None),
    ]
    use(fifteenth, "2026-04-14", "5")
    use(last, "2026-03-31", "25")
    evaluate()
    assert alerts()[2:] == [
        (last, "2026-03-31/2026-04-29", 100, "25.00", None),
        (fifteenth, "2026-03-15/2026-04-14", 100, "25.00", None),
    ]


def test_periods_that_were_over_when_a_limit_starts_do_not_count() -> None:
    one = effective("2025-12-20")
    for day in ("2026-02-28", "2026-03-05", "2026-03-25"):
        use(one, day, "25")
    limit("25", starts=date(2026, 3, 15))
    limit("25", period="cycle", starts=date(2026, 3, 15))
    evaluate()
    assert {(period, price) for _, period, _, price, _ in alerts()} == {
        (MARCH, "50.00"),
        ("2026-02-20/2026-03-19", "50.00"),
        ("2026-03-20/2026-04-19", "25.00"),
    }
    use(one, "2026-02-27", "100")
    evaluate()
    assert len(alerts()) == 3


def test_a_limit_starts_on_the_day_it_is_made_unless_it_says_when() -> None:
    made = make_limit(amount=Decimal(25))
    assert made.starts == datetime.now(UTC).date()
    assert made.pending
    evaluate()
    made.refresh_from_db()
    assert not made.pending


def test_a_changed_limit_is_evaluated_anew_for_everybody() -> None:
    made = limit("25")
    one, other = subscription(), subscription()
    use(one, "2026-03-10", "30")
    use(other, "2026-03-10", "22")
    evaluate()
    change_limit(made.pk, amount=Decimal(20), starts=date(2026, 3, 2))
    assert evaluate().opened == 1
    assert alerts() == [(one, MARCH, 100, "30.00", None), (other, MARCH, 100, "22.00", None)]
    change_limit(made.pk, amount=Decimal(30), starts=date(2026, 3, 3))
    assert evaluate().resolved == 1
    assert alerts() == [(one, MARCH, 100, "30.00", None), (other, MARCH, 100, "22.00", "22.00")]


def test_only_subscriptions_that_reached_the_lowest_threshold_are_evaluated_for_a_new_limit() -> None:
    little, data, both = (subscription() for _ in range(3))
    use(little, "2026-03-10", "19.9999")
    use(data, "2026-03-10", "20")
    adjust(
        subscription_id=data,
        usage_type=UsageType.VOICE,
        day=date(2026, 3, 9),
        price=Decimal(-15),
        reason="r",
        actor="a",
    )
    use(both, "2026-03-10", "10")
    use(both, "2026-03-10", "10", "voice")
    limit("25", usage_type="data", thresholds=[80])
    limit("25", thresholds=[80])
    assert evaluate() == Evaluation(evaluated=2, opened=2, resolved=0)
    assert set(Alert.objects.values_list("subscription_id", "usage_type")) == {(data, "data"), (both, None)}


def test_an_alert_whose_limit_does_not_apply_any_more_is_resolved_without_a_price() -> None:
    small, large = Plan.objects.create(name="small"), Plan.objects.create(name="large")
    one, other = subscription(plan=small), subscription(plan=large)
    made = limit("25", plan_id=small.pk, period="cycle")
    for each in (one, other):
        use(each, "2026-03-20", "30")
    evaluate()
    change_limit(made.pk, plan_id=large.pk, period="month", starts=date(2026, 3, 2))
    evaluate()
    assert alerts() == [(one, MARCH, 100, "30.00", "none"), (other, MARCH, 100, "30.00", None)]


def test_an_alert_by_cycle_is_resolved_when_its_limit_goes_by_month() -> None:
    one = effective("2025-12-15")
    made = limit("25", period="cycle")
    use(one, "2026-03-20", "25")
    evaluate()
    change_limit(made.pk, period="month", starts=date(2026, 3, 2))
    evaluate()
    assert alerts() == [
        (one, "2026-03-15/2026-04-14", 100, "25.00", "none"),
        (one, MARCH, 100, "25.00", None),
    ]


def test_changing_a_limit_leaves_what_came_before_as_it_is() -> None:
    made = limit("25")
    one = subscription()
    use(one, "2026-03-10", "30")
    evaluate()
    changed = change_limit(made.pk, amount=Decimal(1000))
    assert changed.starts == datetime.now(UTC).date()
    assert evaluate() == Evaluation(0, 0, 0)
    assert alerts() == [(one, MARCH, 100, "30.00", None)]


def test_a_name_is_no_reason_to_evaluate_anew() -> None:
    made = limit("25")
    evaluate()
    changed = change_limit(made.pk, name="roaming", emails=["ada@example.org"])
    assert (changed.starts, changed.pending) == (date(2026, 3, 1), False)


def test_a_removed_limit_is_not_evaluated_and_its_alerts_stay() -> None:
    made = limit("25")
    one = subscription()
    use(one, "2026-03-10", "30", record_id="a")
    evaluate()
    remove_limit(made.pk)
    evaluate()
    DataUsageRecord.objects.filter(record_id="a").delete()
    use(one, "2026-04-10", "30")
    assert evaluate() == Evaluation(0, 0, 0)
    assert alerts() == [(one, MARCH, 100, "30.00", None)]
    with pytest.raises(UnknownLimitError, match="there is no limit"):
        remove_limit(made.pk)


def test_changes_are_logged_only_while_there_are_limits() -> None:
    evaluate()
    one = subscription()
    use(one, "2026-03-10", "30")
    assert (changes.is_enabled(), changes.logged()) == (False, 0)
    made = limit("25")
    evaluate()
    use(one, "2026-03-11", "1")
    assert (changes.is_enabled(), changes.logged()) == (True, 1)
    remove_limit(made.pk)
    evaluate()
    assert (changes.is_enabled(), changes.logged()) == (False, 0)


def test_after_a_change_of_plan_its_limits_apply_in_the_current_period() -> None:
    plan = Plan.objects.create(name="small")
    limit("25", plan_id=plan.pk)
    today = datetime.now(UTC).date()
    first = today.replace(day=1)
    one = subscription()
    use(one, str(today), "30")
    assert evaluate().opened == 0
    Subscription.objects.filter(pk=one).update(plan=plan)
    assert evaluate().opened == 1
    assert [period[:10] for _, period, *_ in alerts()] == [str(first)]
    Subscription.objects.filter(pk=one).update(plan=None)
    assert evaluate().resolved == 1
    assert [resolved for *_, resolved in alerts()] == ["none"]


def test_another_effective_date_means_other_cycles() -> None:
    today = datetime.now(UTC)
    limit("25", period="cycle", starts=today.date())
    one = subscription(effective_date=today)
    use(one, str(today.date()), "30")
    assert evaluate().opened == 1
    changed = today.replace(day=today.day % 28 + 1)
    Subscription.objects.filter(pk=one).update(effective_date=changed)
    assert evaluate() == Evaluation(evaluated=2, opened=1, resolved=1)
    (old, _, _, _, resolved), (new, period, _, price, open_alert) = alerts()
    assert (old, resolved, new, price, open_alert) == (one, "none", one, "30.00", None)
    assert int(period[8:10]) == changed.day


def test_a_limit_that_cannot_be_is_refused_by_field() -> None:
    plan = Plan.objects.create(name="p")
    for terms, field in (
        ({"amount": Decimal(0)}, "amount"),
        ({"amount": Decimal("1.00001")}, "amount"),
        ({"amount": Decimal(1), "thresholds": [0]}, "thresholds"),
        ({"amount": Decimal(1), "thresholds": [1001]}, "thresholds"),
        ({"amount": Decimal(1), "emails": ["nobody"]}, "emails"),
        ({"amount": Decimal(1), "period": "week"}, "period"),
        ({"amount": Decimal(1), "usage_type": "mms"}, "usage_type"),
        ({"amount": Decimal(1), "plan_id": plan.pk + 1}, "plan"),
        ({"amount": Decimal(1), "plan_id": plan.pk, "subscription_id": subscription()}, "plan"),
    ):
        with pytest.raises(LimitRejectedError) as rejected:
            make_limit(**terms)
        assert list(rejected.value.problems) == [field]
    assert not PriceLimit.objects.exists()


def test_the_database_keeps_an_alert_from_being_open_twice() -> None:
    limit("25")
    one = subscription()
    use(one, "2026-03-10", "30")
    evaluate()
    alert = Alert.objects.get()
    alert.pk = None
    with pytest.raises(IntegrityError, match="alert_open_once"), transaction.atomic():
        alert.save(force_insert=True)


@pytest.fixture
def between_batches(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], object]]:
    """Evaluate two subscriptions at a time; call what the test puts into the list once, after the first batch."""
    work: list[Callable[[], object]] = []
    evaluate_batch = evaluation._evaluate_batch

    def and_work(*batch_and_terms: Any) -> Evaluation:
        result = evaluate_batch(*batch_and_terms)
        while work:
            work.pop()()
        return result

    monkeypatch.setattr(evaluation, "BATCH_SIZE", 2)
    monkeypatch.setattr(evaluation, "_evaluate_batch", and_work)
    return work


def test_what_changes_while_a_new_limit_is_evaluated_does_not_wait_for_its_end(
    between_batches: list[Callable[[], object]],
) -> None:
    first = limit("100")
    evaluate()
    many, one = [subscription() for _ in range(4)], subscription()
    for each in many:
        use(each, "2026-03-10", "30")
    evaluate()
    second = limit("25")
    between_batches.append(lambda: use(one, "2026-03-10", "100"))
    assert evaluate() == Evaluation(evaluated=5, opened=6, resolved=0)
    assert list(Alert.objects.order_by("pk").values_list("subscription_id", "price_limit_id")) == [
        *((each, second.pk) for each in many[:2]),
        (one, first.pk),
        (one, second.pk),
        *((each, second.pk) for each in many[2:]),
    ]


def test_a_limit_that_is_changed_while_it_is_evaluated_is_evaluated_again(
    between_batches: list[Callable[[], object]],
) -> None:
    made = limit("25")
    evaluate()
    many = [subscription() for _ in range(4)]
    for each in many:
        use(each, "2026-03-10", "30")
    evaluate()
    change_limit(made.pk, amount=Decimal(20), starts=date(2026, 3, 2))
    between_batches.append(lambda: change_limit(made.pk, amount=Decimal(31), starts=date(2026, 3, 3)))
    assert evaluate() == Evaluation(evaluated=4, opened=0, resolved=2)
    made.refresh_from_db()
    assert made.pending
    assert evaluate() == Evaluation(evaluated=2, opened=0, resolved=2)
    made.refresh_from_db()
    assert not made.pending
