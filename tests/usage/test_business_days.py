"""The business day is the calendar day in the operator's zone, also where clocks change."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import ProgrammingError, connection

from wingtel.usage import partitions
from wingtel.usage.business_days import business_days_of, set_time_zone, time_zone

pytestmark = pytest.mark.django_db


def day_bounds(day: date) -> tuple[datetime, datetime]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT usage_day_start(%s), usage_day_start(%s)", [day, day + timedelta(days=1)])
        start, end = cursor.fetchone()
    return start, end


def test_python_and_sql_read_the_same_zone() -> None:
    assert time_zone().key == "UTC"
    set_time_zone("Europe/Berlin")
    assert time_zone().key == "Europe/Berlin"
    assert business_days_of([datetime(2026, 3, 1, 23, 30, tzinfo=UTC)]) == [date(2026, 3, 2)]


@pytest.mark.parametrize(
    ("zone", "day", "start", "hours"),
    [
        ("UTC", date(2026, 3, 29), datetime(2026, 3, 29, tzinfo=UTC), 24),
        ("Europe/Berlin", date(2026, 3, 29), datetime(2026, 3, 28, 23, tzinfo=UTC), 23),
        ("Europe/Berlin", date(2026, 10, 25), datetime(2026, 10, 24, 22, tzinfo=UTC), 25),
        ("America/New_York", date(2026, 3, 8), datetime(2026, 3, 8, 5, tzinfo=UTC), 23),
        ("America/New_York", date(2026, 11, 1), datetime(2026, 11, 1, 4, tzinfo=UTC), 25),
        # Clocks go forward at midnight: the day begins at one o'clock.
        ("America/Havana", date(2026, 3, 8), datetime(2026, 3, 8, 5, tzinfo=UTC), 23),
        # Clocks go back to midnight: midnight comes twice and the day begins with the first.
        ("America/Havana", date(2026, 11, 1), datetime(2026, 11, 1, 4, tzinfo=UTC), 25),
    ],
)
def test_a_day_begins_at_its_first_moment_and_lasts_as_long_as_the_clock_says(
    zone: str, day: date, start: datetime, hours: int
) -> None:
    set_time_zone(zone)
    first, end = day_bounds(day)
    assert first == start
    assert end - first == timedelta(hours=hours)
    just_before, just_after = first - timedelta(microseconds=1), end - timedelta(microseconds=1)
    assert business_days_of([just_before]) == [day - timedelta(days=1)]
    assert business_days_of([first, just_after]) == [day]


def test_an_unknown_zone_is_refused_by_name() -> None:
    with pytest.raises(ProgrammingError, match='unknown time zone "Europe/Atlantis"'):
        set_time_zone("Europe/Atlantis")


def test_the_zone_cannot_change_once_there_are_partitions() -> None:
    partitions.ensure([date(2026, 3, 1)])
    with pytest.raises(ProgrammingError, match="cannot change while there are partitions"):
        set_time_zone("Europe/Berlin")
