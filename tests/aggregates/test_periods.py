"""A period splits into whole months and edges which together are exactly its days."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wingtel.aggregates.periods import Period, SplitPeriod


@pytest.mark.parametrize(
    ("period", "split"),
    [
        (Period(), SplitPeriod((None, None), [])),
        (Period(date(2026, 3, 1), date(2026, 3, 31)), SplitPeriod((date(2026, 3, 1), date(2026, 3, 1)), [])),
        (
            Period(date(2026, 3, 5), date(2026, 3, 20)),
            SplitPeriod(None, [(date(2026, 3, 5), date(2026, 3, 20))]),
        ),
        (
            Period(date(2026, 3, 5), date(2026, 4, 20)),
            SplitPeriod(None, [(date(2026, 3, 5), date(2026, 4, 20))]),
        ),
        (
            Period(date(2026, 2, 5), date(2026, 4, 20)),
            SplitPeriod(
                (date(2026, 3, 1), date(2026, 3, 1)),
                [(date(2026, 2, 5), date(2026, 2, 28)), (date(2026, 4, 1), date(2026, 4, 20))],
            ),
        ),
        (
            Period(date(2026, 2, 5), None),
            SplitPeriod((date(2026, 3, 1), None), [(date(2026, 2, 5), date(2026, 2, 28))]),
        ),
        (
            Period(None, date(2026, 2, 5)),
            SplitPeriod((None, date(2026, 1, 1)), [(date(2026, 2, 1), date(2026, 2, 5))]),
        ),
    ],
)
def test_whole_months_and_edges(period: Period, split: SplitPeriod) -> None:
    assert period.split() == split


days = st.dates(date(2019, 12, 1), date(2021, 3, 1))


@given(first=days, last=days)
def test_months_and_edges_cover_each_day_once(first: date, last: date) -> None:
    first, last = sorted([first, last])
    split = Period(first, last).split()
    covered = [day for edge in split.days for day in _days(*edge)]
    if split.months:
        start, month = split.months
        assert start is not None
        assert month is not None
        covered += _days(start, (month + timedelta(days=32)).replace(day=1) - timedelta(days=1))
    assert sorted(covered) == _days(first, last)


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def test_reversed_days_are_refused() -> None:
    with pytest.raises(ValueError, match="lies before the first"):
        Period(date(2026, 3, 2), date(2026, 3, 1))


@pytest.mark.parametrize("day", [date.min, date.max])
def test_days_beyond_any_calendar_in_use_are_refused(day: date) -> None:
    with pytest.raises(ValueError, match="lies outside"):
        Period(day, None)
