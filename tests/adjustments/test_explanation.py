"""The explanation of the total of a day."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection

from wingtel.adjustments.explanation import explain
from wingtel.adjustments.services import adjust, reverse
from wingtel.aggregates.queries import RawRecord, Sums
from wingtel.subscriptions.models import Subscription
from wingtel.usage.models import DataUsageRecord, UsageDay, UsageDaySum, UsageType, VoiceUsageRecord

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 10)
NOTHING = Sums(0, Decimal(0), 0)


@pytest.fixture
def subscription() -> int:
    """Create a subscription with two sessions and a call on the day, and one session the next day."""
    subscription = Subscription.objects.create(carrier="att")
    for hour, kilobytes in ((23, 2), (0, 1), (24, 4)):
        DataUsageRecord.objects.create(
            record_id=f"d{hour}",
            subscription=subscription,
            usage_date=datetime(2026, 3, 10 + hour // 24, hour % 24, tzinfo=UTC),
            kilobytes_used=kilobytes,
            price=Decimal(kilobytes) / 8,
        )
    VoiceUsageRecord.objects.create(
        record_id="v",
        subscription=subscription,
        usage_date=datetime(2026, 3, 10, 1, tzinfo=UTC),
        seconds_used=60,
        price=1,
    )
    return subscription.pk


def test_records_and_adjustments_add_up_to_the_total(subscription: int) -> None:
    adjustment = adjust(
        subscription_id=subscription,
        usage_type=UsageType.DATA,
        day=DAY,
        used=-5,
        price=Decimal("-0.1000"),
        reason="credited",
        actor="ada",
    )
    explanation = explain(subscription_id=subscription, day=DAY)
    data, _, voice = explanation.types
    assert (explanation.day.day, explanation.day.state, explanation.records_gone) == (DAY, "open", False)
    assert explanation.adds_up is True
    assert data.recorded == Sums(3, Decimal("0.3750"), 2)
    assert data.adjusted == Sums(-5, Decimal("-0.1000"), 1)
    assert data.total == Sums(-2, Decimal("0.2750"), 2)
    assert data.records == [
        RawRecord("d0", datetime(2026, 3, 10, tzinfo=UTC), 1, Decimal("0.1250"), None),
        RawRecord("d23", datetime(2026, 3, 10, 23, tzinfo=UTC), 2, Decimal("0.2500"), None),
    ]
    assert data.adjustments == [adjustment]
    assert (voice.recorded, voice.adjusted, voice.total) == (
        Sums(60, Decimal("1.0000"), 1),
        NOTHING,
        Sums(60, Decimal("1.0000"), 1),
    )


def test_a_reversal_is_linked_both_ways(subscription: int) -> None:
    adjustment = adjust(
        subscription_id=subscription, usage_type=UsageType.VOICE, day=DAY, used=9, reason="missed", actor="ada"
    )
    reversal = reverse(adjustment.pk, reason="a mistake", actor="bob")
    *_, voice = explain(subscription_id=subscription, day=DAY).types
    first, second = voice.adjustments
    assert (first.reversed_by, second.reverses_id) == (reversal, adjustment.pk)
    assert voice.adjusted == Sums(0, Decimal(0), 2)


def test_the_records_listed_are_limited_and_all_are_summed(subscription: int) -> None:
    data, *_ = explain(subscription_id=subscription, day=DAY, most_records=1).types
    assert [record.record_id for record in data.records] == ["d0"]
    assert (data.recorded.count, data.adds_up) == (2, True)


def test_a_wrong_total_is_called_wrong(subscription: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE wingtel_daily_usage SET price = price + 1 WHERE usage_type = 'data'")
    explanation = explain(subscription_id=subscription, day=DAY)
    assert [found.adds_up for found in explanation.types] == [False, True, True]
    assert explanation.adds_up is False


def test_a_day_whose_records_are_gone_says_so(subscription: int) -> None:
    adjust(subscription_id=subscription, usage_type=UsageType.DATA, day=DAY, used=-1, reason="r", actor="a")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE wingtel_usage_day SET state = 'expired' WHERE day = %s", [DAY])
        cursor.execute("DROP TABLE wingtel_data_usage_record_20260310, wingtel_voice_usage_record_20260310")
    explanation = explain(subscription_id=subscription, day=DAY)
    data, *_ = explanation.types
    assert (explanation.records_gone, explanation.adds_up, data.adds_up) == (True, None, None)
    assert (data.records, data.total.used, data.adjusted.used, data.recorded.used) == ([], 2, -1, 3)


def test_the_seal_is_shown(subscription: int) -> None:
    UsageDay.objects.filter(day=DAY).update(state="sealed")
    UsageDaySum.objects.create(day_id=DAY, usage_type="data", records=2, used=3, price=Decimal("0.375"), fingerprint=0)
    found = explain(subscription_id=subscription, day=DAY)
    assert found.day.state == "sealed"
    assert [each.sealed for each in found.types] == [Sums(3, Decimal("0.375"), 2), None, None]


def test_an_unknown_subscription_used_nothing_on_a_day_nobody_knows() -> None:
    explanation = explain(subscription_id=2**40, day=date(2001, 1, 1))
    assert (explanation.day.state, explanation.adds_up) == ("open", True)
    assert [(found.total, found.recorded, found.adjusted) for found in explanation.types] == [(NOTHING,) * 3] * 3
    assert not UsageDay.objects.filter(day=date(2001, 1, 1)).exists()
