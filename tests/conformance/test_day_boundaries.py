"""Records around midnight and around both changes of the clocks count on the operator's business day."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from tests.conformance.oracle import differences
from wingtel.aggregates.rebuild import rebuild_day
from wingtel.subscriptions.models import Subscription
from wingtel.usage.business_days import set_time_zone
from wingtel.usage.models import DataUsageRecord, VoiceUsageRecord

pytestmark = pytest.mark.django_db

INSTANT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("zone", "midnights"),
    [
        (
            "UTC",
            {date(2026, 2, 28): datetime(2026, 2, 28, tzinfo=UTC), date(2026, 3, 1): datetime(2026, 3, 1, tzinfo=UTC)},
        ),
        # A day of 23 hours, and a day of 25 hours at the end of which the next begins.
        (
            "Europe/Berlin",
            {
                date(2026, 3, 29): datetime(2026, 3, 28, 23, tzinfo=UTC),
                date(2026, 3, 30): datetime(2026, 3, 29, 22, tzinfo=UTC),
                date(2026, 10, 25): datetime(2026, 10, 24, 22, tzinfo=UTC),
                date(2026, 10, 26): datetime(2026, 10, 25, 23, tzinfo=UTC),
            },
        ),
        # Clocks change on the first of a month, so that the month too begins where the day does.
        (
            "America/New_York",
            {
                date(2026, 3, 8): datetime(2026, 3, 8, 5, tzinfo=UTC),
                date(2026, 3, 9): datetime(2026, 3, 9, 4, tzinfo=UTC),
                date(2026, 11, 1): datetime(2026, 11, 1, 4, tzinfo=UTC),
                date(2026, 11, 2): datetime(2026, 11, 2, 5, tzinfo=UTC),
            },
        ),
        ("America/Havana", {date(2026, 11, 1): datetime(2026, 11, 1, 4, tzinfo=UTC)}),
    ],
)
def test_a_record_counts_on_the_business_day_of_its_timestamp(zone: str, midnights: dict[date, datetime]) -> None:
    set_time_zone(zone)
    subscription = Subscription.objects.create(carrier="att")
    expected = {}
    for day, midnight in midnights.items():
        for timestamp, on in ((midnight - INSTANT, day - timedelta(days=1)), (midnight, day)):
            DataUsageRecord.objects.create(
                subscription=subscription, usage_date=timestamp, kilobytes_used=2**40, price=Decimal("0.0001")
            )
            VoiceUsageRecord.objects.create(
                subscription=subscription, usage_date=timestamp, seconds_used=1, price=Decimal(1)
            )
            expected[on] = expected.get(on, 0) + 1

    def days() -> dict[date, int]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT day, records FROM usage_daily WHERE usage_type = 'data'")
            return dict(cursor.fetchall())

    assert days() == expected
    assert differences(zone) == []
    for day in expected:
        rebuild_day(day)
    assert days() == expected
    assert differences(zone) == []
