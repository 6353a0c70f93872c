"""`wingtel days rebuild` repairs aggregates that no longer equal the raw records."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tests.command import CommandFailed, run
from tests.conformance.oracle import differences
from wingtel.aggregates.models import DailyUsage, MonthlyUsage
from wingtel.subscriptions.models import Subscription
from wingtel.usage.models import DataUsageRecord

pytestmark = pytest.mark.django_db


@pytest.fixture
def damaged() -> None:
    """Create three days of usage over the end of a month, with a wrong, a missing and a surplus aggregate."""
    subscription = Subscription.objects.create(carrier="att")
    for day in (date(2026, 3, 30), date(2026, 3, 31), date(2026, 4, 1)):
        timestamp = datetime(day.year, day.month, day.day, 23, 59, tzinfo=UTC)
        DataUsageRecord.objects.create(
            subscription=subscription, usage_date=timestamp, kilobytes_used=10, price=Decimal("1.5")
        )
    DailyUsage.objects.filter(day=date(2026, 3, 30)).update(price=7)
    DailyUsage.objects.filter(day=date(2026, 3, 31)).delete()
    DailyUsage.objects.create(
        subscription=subscription, usage_type="voice", day=date(2026, 4, 1), used=1, price=1, records=1
    )
    MonthlyUsage.objects.filter(month=date(2026, 4, 1)).update(records=9)


@pytest.mark.usefixtures("damaged")
def test_damage_of_each_kind_is_repaired() -> None:
    assert len(differences()) == 6
    days = ("--from", "2026-03-30", "--to", "2026-04-01")
    assert run("days", "rebuild", *days) == "3 days rebuilt: 2026-03-30 to 2026-04-01.\n"
    assert differences() == []


@pytest.mark.usefixtures("damaged")
def test_days_outside_the_range_are_left_alone() -> None:
    run("days", "rebuild", "--from", "2026-03-31", "--to", "2026-03-31")
    assert DailyUsage.objects.get(day=date(2026, 3, 30)).price == 7


def test_reversed_days_are_refused() -> None:
    with pytest.raises(CommandFailed, match="lies before the first"):
        run("days", "rebuild", "--from", "2026-04-01", "--to", "2026-03-01")
