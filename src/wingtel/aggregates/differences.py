"""Differences between the aggregates and their sources, key by key, at every grain, while writers go on."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from wingtel import sql

from .serialization import money

_SQL = sql.statements(__package__, "sql/differences.sql")

COUNTED = _SQL["counted"]
"""Beginning of a statement: the daily aggregates of `first` to `last`, as the active strategy counts them."""

STORED = _SQL["stored"]
"""Another beginning: the daily aggregates that are stored, whatever the views show."""

EMPTY = _SQL["empty"]
"""A third beginning: no daily aggregates."""

DIFFERING_DAYS = _SQL["differing_days"]
"""Continuation: `differing_days`, and `source`, the sums of the raw records."""

DIFFERING_MONTHS = _SQL["differing_months"]
"""Beginning of a statement over the months that are not the sums of their days."""

DIFFERING_TOTALS = _SQL["differing_totals"]
"""Beginning of a statement over the totals that are not the sums of the months' bounds."""

DAYS = _SQL["days"]
"""End of a statement over `differing_days`, for `find`."""


@dataclass(frozen=True)
class Values:
    """In the unit of the usage type, the price, and the number of raw records. A bound has only a price.

    A whole day also has the fingerprint of its keys, which differs if some are wrong though the sums are right.
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

    `grain` is `day`, `seal of day`, `month`, `bounds of month` or `bounds of lifetime`. `seal of day` compares a whole
    expired day, without its adjustments, with its seal; it has no subscription. Bounds serve to compare limits quickly.
    `start` is the day, or the first day of the month.
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
    """Return the first and the last day that has aggregates, adjustments or a state; None if there is none."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["period"])
        first, last = cursor.fetchone()
    return first, last


def days(first: date, last: date, *, daily: str = COUNTED) -> list[Difference]:
    """Return the daily keys that differ from raw records and adjustments. Expired days are left out."""
    return find(daily, DIFFERING_DAYS, DAYS, first=first, last=last)


def seals(first: date, last: date, *, daily: str = COUNTED) -> list[Difference]:
    """Return the expired days whose aggregates differ from their seals."""
    return find(daily, _SQL["seals"], first=first, last=last)


def months(first: date, last: date) -> list[Difference]:
    """Return the monthly keys that differ from the stored days, in the months of these days."""
    return find(DIFFERING_MONTHS, _SQL["months"], first=first, last=last)


def bounds() -> list[Difference]:
    """Return the months whose price lies outside their bounds, and the totals that are not the sums of the bounds."""
    return find(DIFFERING_TOTALS, _SQL["bounds"])


def unprovable_months(first: date, last: date) -> set[date]:
    """Return the months with stored usage of a day that never had raw records."""
    return {month for (month,) in fetch(_SQL["unprovable"], first=first, last=last)}


def find(*parts: str, **days: date) -> list[Difference]:
    """Execute a statement made of `parts`, and return its rows as differences."""
    return [_difference(*row) for row in fetch(*parts, **days)]


def fetch(*parts: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """Execute a statement made of `parts`, with memory for the keys of a whole month, and return its rows."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SQL["memory"])
        cursor.execute("\n".join(parts), parameters)
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
