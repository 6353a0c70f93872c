"""Billing cycles follow their definition: each starts on the same day of the month, or on its last day."""

from calendar import monthrange
from datetime import date, timedelta

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.django_db


def cycle(day: date, starts_on: int) -> tuple[date, date]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT first, last FROM limit_cycle(%s, %s)", [day, starts_on])
        first, last = cursor.fetchone()
    return first, last


def start_in(year: int, month: int, starts_on: int) -> date:
    return date(year, month, min(starts_on, monthrange(year, month)[1]))


@pytest.mark.parametrize(
    ("starts_on", "day", "first", "last"),
    [
        (31, "2026-01-30", "2025-12-31", "2026-01-30"),
        (31, "2026-01-31", "2026-01-31", "2026-02-27"),
        (31, "2026-02-28", "2026-02-28", "2026-03-30"),
        (31, "2026-03-31", "2026-03-31", "2026-04-29"),
        (31, "2028-02-28", "2028-01-31", "2028-02-28"),
        (31, "2028-02-29", "2028-02-29", "2028-03-30"),
        (30, "2026-02-28", "2026-02-28", "2026-03-29"),
        (29, "2027-03-01", "2027-02-28", "2027-03-28"),
        (15, "2026-03-14", "2026-02-15", "2026-03-14"),
        (15, "2026-03-15", "2026-03-15", "2026-04-14"),
        (1, "2026-02-15", "2026-02-01", "2026-02-28"),
        (1, "2026-12-31", "2026-12-01", "2026-12-31"),
    ],
)
def test_a_cycle_in_a_short_month_starts_on_its_last_day(starts_on: int, day: str, first: str, last: str) -> None:
    assert cycle(date.fromisoformat(day), starts_on) == (date.fromisoformat(first), date.fromisoformat(last))


@given(day=st.dates(date(1999, 1, 1), date(2101, 1, 1)), starts_on=st.integers(1, 31))
def test_cycles_follow_each_other_without_a_gap(day: date, starts_on: int) -> None:
    first, last = cycle(day, starts_on)
    assert first <= day <= last
    assert first == start_in(first.year, first.month, starts_on)
    next_start = last + timedelta(days=1)
    assert next_start == start_in(next_start.year, next_start.month, starts_on)
    assert (next_start.year * 12 + next_start.month) - (first.year * 12 + first.month) == 1
