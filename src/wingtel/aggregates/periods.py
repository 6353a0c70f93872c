"""Ranges of business days, and how they split into whole months and edges."""

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Period:
    """Business days from `first` to `last`, both included; None leaves that side open.

    Raises ValueError when the days are reversed.
    """

    first: date | None = None
    last: date | None = None

    def __post_init__(self) -> None:
        if self.first and self.last and self.last < self.first:
            raise ValueError(f"the last day, {self.last}, lies before the first, {self.first}")

    def split(self) -> "SplitPeriod":
        """The whole months in the period, and the days before and after them."""
        first_month = self.first and month_start_from(self.first)
        end_month = self.last and month_of(self.last + timedelta(days=1))
        if self.first and self.last and first_month and end_month and first_month >= end_month:
            return SplitPeriod(months=None, days=[(self.first, self.last)])
        days = []
        if self.first and first_month and self.first < first_month:
            days.append((self.first, first_month - timedelta(days=1)))
        if self.last and end_month and end_month <= self.last:
            days.append((end_month, self.last))
        last_month = end_month and month_of(end_month - timedelta(days=1))
        return SplitPeriod(months=(first_month, last_month), days=days)


ALL_TIME = Period()


@dataclass(frozen=True)
class SplitPeriod:
    """A period as the two grains answer it: `months` by first days, both included, and ranges of `days` at its edges."""

    months: tuple[date | None, date | None] | None
    days: list[tuple[date, date]]

    @property
    def one_month(self) -> date | None:
        """The month that the period is, when it is exactly one."""
        if self.days or not self.months or not self.months[0] or self.months[0] != self.months[1]:
            return None
        return self.months[0]


def month_of(day: date) -> date:
    """The first day of the month of `day`."""
    return day.replace(day=1)


def month_start_from(day: date) -> date:
    """The first day of the first month that begins on or after `day`."""
    return day if day.day == 1 else month_of(day.replace(day=1) + timedelta(days=32))
