"""The days that are sealed and expired when they are due, and the days that take no records."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from wingtel.ingest.inputs import UsageRecordInput
from wingtel.ingest.service import ingest_usage
from wingtel.lifecycle.batch_result import BatchResult
from wingtel.lifecycle.expiry import ExpiryRejectedError, due, expire, expire_due
from wingtel.lifecycle.seals import SealRejectedError, seal, seal_due
from wingtel.subscriptions.models import Subscription
from wingtel.usage import partitions
from wingtel.usage.models import UsageDay, UsageType

pytestmark = pytest.mark.django_db(transaction=True)

State = UsageDay.State


@pytest.fixture
def today() -> date:
    return timezone.now().date()


def use(days: list[date]) -> None:
    subscription = Subscription.objects.create(carrier="att").pk
    recorded = ingest_usage(
        UsageRecordInput(
            UsageType.DATA, datetime(day.year, day.month, day.day, 12, tzinfo=UTC), subscription, 1, Decimal(1)
        )
        for day in days
    )
    assert recorded.rejected == ()


def states() -> dict[date, str]:
    return dict(UsageDay.objects.values_list("day", "state"))


def test_days_are_sealed_once_they_are_over_for_some_days(today: date, settings: Settings) -> None:
    settings.WINGTEL_SEAL_AFTER_DAYS = 3
    days = [today - timedelta(days=back) for back in (5, 3, 2, 0)]
    use(days)
    assert seal_due() == BatchResult(days[:2])
    assert states() == dict(zip(days, [State.SEALED, State.SEALED, State.OPEN, State.OPEN], strict=True))
    assert seal_due() == BatchResult()


def test_one_day_that_is_damaged_keeps_no_other_from_being_sealed(today: date) -> None:
    days = [today - timedelta(days=back) for back in (9, 8, 7)]
    use(days)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM wingtel_daily_usage WHERE day = %s", [days[1]])
    outcome = seal_due()
    assert outcome.done == [days[0], days[2]]
    assert f"{days[1]} does not reconcile: 1 keys differ" in outcome.rejected[days[1]]
    assert states()[days[1]] == State.OPEN


def test_only_sealed_days_past_their_retention_expire(today: date, settings: Settings) -> None:
    settings.WINGTEL_RETENTION_DAYS = 45
    days = [today - timedelta(days=back) for back in (50, 47, 46, 45)]
    use(days)
    for day in (days[0], days[2], days[3]):
        seal(day)
    assert due() == [days[0], days[2]]
    assert expire_due() == BatchResult([days[0], days[2]])
    assert states() == dict(zip(days, [State.EXPIRED, State.OPEN, State.EXPIRED, State.SEALED], strict=True))
    with pytest.raises(ExpiryRejectedError, match="is open, not sealed"):
        expire(days[1])


def test_today_and_days_without_records_are_not_sealed(today: date) -> None:
    use([today])
    with pytest.raises(SealRejectedError, match=f"{today} is not over yet"):
        seal(today)
    assert states() == {today: State.OPEN}
    with pytest.raises(SealRejectedError, match="2020-01-01 has no raw records"):
        seal(date(2020, 1, 1))


def test_records_too_late_and_too_early_are_refused_with_a_reason(today: date, settings: Settings) -> None:
    settings.WINGTEL_MAX_LATENESS_DAYS, settings.WINGTEL_MAX_FUTURE_DAYS = 45, 2
    subscription = Subscription.objects.create(carrier="att").pk
    days = [today + timedelta(days=ahead) for ahead in (-46, -45, 2, 3)]
    recorded = ingest_usage(
        UsageRecordInput(
            UsageType.VOICE, datetime(day.year, day.month, day.day, 12, tzinfo=UTC), subscription, 1, Decimal(1)
        )
        for day in days
    )
    assert recorded.accepted == 2
    late = "lies 46 days back, more than 45 (WINGTEL_MAX_LATENESS_DAYS); history is imported with --since"
    assert recorded.rejected == (
        (
            0,
            "usage_date",
            f"{days[0]} {late} {days[0]}",
        ),
        (3, "usage_date", f"{days[3]} lies 3 days ahead, more than 2 (WINGTEL_MAX_FUTURE_DAYS)"),
    )


def test_a_day_that_has_its_partition_takes_late_records(today: date, settings: Settings) -> None:
    day = today - timedelta(days=60)
    use([day])
    settings.WINGTEL_MAX_LATENESS_DAYS = 45
    use([day])
    assert partitions.rejection_reasons([day]) == {}


def test_history_is_taken_if_it_is_requested(today: date, settings: Settings) -> None:
    settings.WINGTEL_MAX_LATENESS_DAYS = 45
    with pytest.raises(partitions.RejectedDaysError, match=r"2020-10-01 lies .* days back"):
        partitions.ensure([date(2020, 10, 1)])
    assert len(partitions.ensure([date(2020, 10, 1)], since=date(2020, 10, 1))) == 3
    with pytest.raises(partitions.RejectedDaysError, match="2020-09-30 lies before 2020-10-01"):
        partitions.ensure([date(2020, 9, 30)], since=date(2020, 10, 1))


def test_partitions_are_made_ahead(today: date, settings: Settings) -> None:
    settings.WINGTEL_MAX_FUTURE_DAYS = 2
    made = partitions.ensure_ahead()
    days = [today + timedelta(days=ahead) for ahead in range(3)]
    assert [each.table for each in made] == [
        f"wingtel_{raw}_usage_record_{day:%Y%m%d}" for day in days for raw in ("data", "sms", "voice")
    ]
    assert partitions.ensure_ahead() == []
    assert states() == dict.fromkeys(days, State.OPEN)
