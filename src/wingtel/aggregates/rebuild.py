"""Rebuild of stored aggregates, by adding what they lack of the sources."""

from calendar import monthrange
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from django.db import connection, transaction

from wingtel import sql

from . import differences, stored
from .differences import COUNTED, DAYS, DIFFERING_DAYS, DIFFERING_MONTHS, DIFFERING_TOTALS, EMPTY, STORED, Difference

_SQL = sql.statements(__package__, "sql/rebuild.sql")

_ADD_TO_ALL = "\n".join((COUNTED, DIFFERING_DAYS, _SQL["missing"], stored.APPLY))
_ADD_TO_DAYS = "\n".join((DIFFERING_DAYS, _SQL["missing"], _SQL["add_to_days"], stored.LOG_CHANGES))
_REPAIR_DAYS = "\n".join((COUNTED, _ADD_TO_DAYS, DAYS))
_STORE_DAYS = "\n".join((STORED, _ADD_TO_DAYS, _SQL["nothing"]))
_FILL_DAYS = "\n".join((EMPTY, DIFFERING_DAYS, _SQL["missing"], _SQL["fill_days"], _SQL["nothing"]))
_ADD_TO_MONTHS = "\n".join((DIFFERING_MONTHS, _SQL["add_to_months"]))
_ADD_TO_TOTALS = "\n".join((DIFFERING_TOTALS, _SQL["add_to_totals"]))


def rebuild_day(day: date) -> None:
    """Add what a business day lacks to its aggregates, its month and its total, while writers go on.

    Aggregates and sources are compared in one snapshot, so nothing is lost or counted twice. An expired day stays as it
    is.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SQL["lock_day"], {"first": day})
        cursor.execute(_ADD_TO_ALL, {"first": day, "last": day})


def lock() -> None:
    """Make writers and other rebuilds wait until the transaction ends. The functions below need this lock."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["lock"])


def repair_days(first: date, last: date) -> list[Difference]:
    """Add what is missing to the days only, and return what differed. Their months are to be repaired afterwards."""
    return differences.find(_REPAIR_DAYS, first=first, last=last)


def store_day(day: date, *, is_empty: bool = False) -> None:
    """Add what is missing to the stored rows of a day, whatever the views show. Its month is to be stored afterwards.

    `is_empty` is true if nothing is stored of the day.
    """
    differences.fetch(_FILL_DAYS if is_empty else _STORE_DAYS, first=day, last=day)


def repair_months(first: date, last: date, *, daily: str = COUNTED) -> tuple[list[Difference], list[Difference]]:
    """Repair the months of the days `first` to `last`, which were repaired before, and the bounds of all prices.

    A month with a day that is not proven is skipped, since either may be wrong. Return what differed of expired days,
    months and bounds, and what still differs.
    """
    months = differences.months(first, last)
    days = differences.seals(first, last, daily=daily)
    for rest in _rest_of_months(first, last, {each.month for each in months}):
        days += differences.days(*rest, daily=daily) + differences.seals(*rest, daily=daily)
    unproven = {each.month for each in days} | (differences.unprovable_months(first, last) if months else set())
    skipped = [each for each in months if each.month in unproven]
    bounds = differences.bounds()
    store_months(first, last, skipped=[each.start for each in skipped if each.start])
    return days + months + bounds, days + skipped


def store_months(first: date, last: date, *, skipped: Iterable[date] = ()) -> None:
    """Set the months of these days, except those `skipped`, to the sums of the stored days, and update the bounds."""
    with connection.cursor() as cursor:
        cursor.execute(_ADD_TO_MONTHS, {"first": first, "last": last, "skipped": sorted(set(skipped))})
    repair_bounds()


def repair_bounds() -> None:
    """Set the bounds of all prices to what follows from the stored months."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["bounds"])
        cursor.execute(_ADD_TO_TOTALS)


def _rest_of_months(first: date, last: date, months: set[date | None]) -> Iterator[tuple[date, date]]:
    """Yield the days of `months` before `first`, and those after `last`."""
    start, end = first.replace(day=1), last.replace(day=monthrange(last.year, last.month)[1])
    if start < first and start in months:
        yield start, first - timedelta(days=1)
    if last < end and last.replace(day=1) in months:
        yield last + timedelta(days=1), end
