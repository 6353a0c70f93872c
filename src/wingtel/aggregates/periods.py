"""Ranges of business days, and how they split into whole months and edges."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

ONE_DAY = timedelta(days=1)
EARLIEST, LATEST = date(1900, 1, 1), date(9998, 12, 31)


class Granularity(StrEnum):
    """Length of a period in a series."""

    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True)
class Period:
    """Business days from `first` to `last`, both included; None leaves that side open.

    Raises ValueError when the days are reversed, or outside EARLIEST to LATEST.
    """

    first: date | None = None
    last: date | None = None

    def __post_init__(self) -> None:
        for day in (self.first, self.last):
            if day and not EARLIEST <= day <= LATEST:
                raise ValueError(f"{day} lies outside {EARLIEST} to {LATEST}")
        if self.first and self.last and self.last < self.first:
            raise ValueError(f"the last day, {self.last}, lies before the first, {self.first}")

    def split(self) -> "SplitPeriod":
        """Return the whole months in the period, and the days before and after them."""
        first_month = self.first and _first_month_from(self.first)
        last_month = self.last and _last_month_until(self.last)
        if self.first and self.last and first_month and last_month and first_month > last_month:
            return SplitPeriod(months=None, days=[(self.first, self.last)])
        days = []
        if self.first and first_month and self.first < first_month:
            days.append((self.first, first_month - ONE_DAY))
        if self.last and last_month and _end_of(last_month) < self.last:
            days.append((_end_of(last_month) + ONE_DAY, self.last))
        return SplitPeriod(months=(first_month, last_month), days=days)


ALL_TIME = Period()


@dataclass(frozen=True)
class SplitPeriod:
    """A period by grain: `months`, given by their first days, both included, and ranges of `days`."""

    months: tuple[date | None, date | None] | None
    days: list[tuple[date, date]]


def _first_month_from(day: date) -> date:
    """Return the first day of the first month that begins on or after `day`."""
    return day if day.day == 1 else _end_of(day) + ONE_DAY


def _last_month_until(day: date) -> date:
    """Return the first day of the last month that ends on or before `day`."""
    month = day.replace(day=1)
    return month if day == _end_of(day) else (month - ONE_DAY).replace(day=1)


def _end_of(day: date) -> date:
    """Return the last day of the month of `day`."""
    return day.replace(day=monthrange(day.year, day.month)[1])
