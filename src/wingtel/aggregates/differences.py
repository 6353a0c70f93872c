"""Differences between the aggregates and their sources, key by key, at every grain, while others write."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from wingtel import sql

from .serialization import money

_SQL = sql.statements(__package__, "sql/differences.sql")

COUNTED = _SQL["counted"]
"""The daily aggregates of the days `first` to `last` as they are counted now: the beginning of a statement."""

STORED = _SQL["stored"]
"""The daily aggregates that are stored, whatever the views have: another beginning."""

EMPTY = _SQL["empty"]
"""No daily aggregates: a third beginning."""

DIFFERING_DAYS = _SQL["differing_days"]
"""Its continuation: `differing_days`, and the `source` of the raw records."""

DIFFERING_MONTHS = _SQL["differing_months"]
"""The beginning of a statement over the months that are not the sums of their days."""

DIFFERING_TOTALS = _SQL["differing_totals"]
"""The beginning of a statement over the totals that are not the sums of the months' bounds."""

DAYS = _SQL["days"]
"""The end of a statement over `differing_days`, whose rows `find` takes."""


@dataclass(frozen=True)
class Values:
    """Kilobytes or seconds, the price, and how many raw records. Of a bound only the price is told.

    Of a whole day also the fingerprint of its keys, which tells that some are wrong where the sums are right.
    """

    used: int | None
    price: Decimal
    records: int | None
    fingerprint: int | None = None

    def __str__(self) -> str:
        if self.used is None:
            return f"price {money(self.price)}"
        return f"used {self.used}, price {money(self.price)}, records {self.records}"


@dataclass(frozen=True)
class Difference:
    """One key whose aggregate differs from its sources.

    `grain` is `day`, `seal of day` (a whole expired day without its adjustments, against its seal; no subscription),
    `month`, or `bounds of month` and `bounds of all time`, by which limits are compared quickly. `start` is the day,
    or the month's first.
    """

    grain: str
    subscription_id: int | None
    usage_type: str
    start: date | None
    expected: Values | None
    found: Values | None

    @property
    def kind(self) -> str:
        """Return `missing`, `surplus` or `differs`."""
        if self.found is None:
            return "missing"
        return "surplus" if self.expected is None else "differs"

    @property
    def off_by(self) -> Decimal:
        """Return the price that has to be added to the aggregate."""
        return (self.expected.price if self.expected else Decimal(0)) - (self.found.price if self.found else Decimal(0))

    @property
    def month(self) -> date | None:
        """Return the first day of its month, None for all time."""
        return self.start and self.start.replace(day=1)


def period() -> tuple[date | None, date | None]:
    """Return the first and the last day that anything is known of."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["period"])
        first, last = cursor.fetchone()
    return first, last


def days(first: date, last: date, *, daily: str = COUNTED) -> list[Difference]:
    """Return the daily keys that differ from raw records and adjustments; expired days have none."""
    return find(daily, DIFFERING_DAYS, DAYS, first=first, last=last)


def seals(first: date, last: date, *, daily: str = COUNTED) -> list[Difference]:
    """Return the expired days that are not what they were sealed with."""
    return find(daily, _SQL["seals"], first=first, last=last)


def months(first: date, last: date) -> list[Difference]:
    """Return the monthly keys that differ from the stored days, in the months of these days."""
    return find(DIFFERING_MONTHS, _SQL["months"], first=first, last=last)


def bounds() -> list[Difference]:
    """Return the months whose price lies outside their bounds, and the totals that are not the sums of the bounds."""
    return find(DIFFERING_TOTALS, _SQL["bounds"])


def unprovable_months(first: date, last: date) -> set[date]:
    """Return the months in which a day expired before fingerprints were kept, or never had raw records."""
    return {month for (month,) in fetch(_SQL["unprovable"], first=first, last=last)}


def find(*parts: str, **days: date) -> list[Difference]:
    """Execute a statement made of `parts`, and return the differences it tells."""
    return [_difference(*row) for row in fetch(*parts, **days)]


def fetch(*parts: str, **days: date) -> list[tuple[Any, ...]]:
    """Execute a statement made of `parts` with room for the keys of a whole month; return its rows."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SQL["memory"])
        cursor.execute("\n".join(parts), days)
        return list(cursor.fetchall())


def _difference(
    grain: str, subscription_id: int | None, usage_type: str, start: date | None, *values: Any
) -> Difference:
    expected, found = values[: len(values) // 2], values[len(values) // 2 :]
    return Difference(grain, subscription_id, usage_type, start, _values(*expected), _values(*found))


def _values(used: Any, price: Decimal | None, records: Any, fingerprint: Any = None) -> Values | None:
    if price is None:
        return None
    used, records, fingerprint = (None if each is None else int(each) for each in (used, records, fingerprint))
    return Values(used, price, records, fingerprint)
