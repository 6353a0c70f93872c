"""Proving the aggregates: key by key against their sources, at every grain, while others write."""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from wingtel import sql
from wingtel.aggregates import strategies
from wingtel.aggregates.answers import money
from wingtel.usage.business_days import business_days_of

from .models import Reconciliation

_SQL = sql.statements(__package__, "sql/reconciling.sql")

DIFFERING_DAYS = _SQL["differing"] + "\n"
"""The beginning of a statement over `differing`: the daily aggregates that are not what their sources say."""

MISSING = _SQL["missing"]
"""Its continuation: the changes to add to them, as APPLY takes these."""

_PROOF = DIFFERING_DAYS + _SQL["proof"]

SHOWN = 100
"""Differences that are kept of one comparison."""

_NAMED = 3
"""Differences that the message of an error names."""


class NothingToReconcileError(ValueError):
    """There is no day with usage, or the days are reversed; the message says which."""


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
    def off_by(self) -> tuple[int, Decimal, int]:
        """Return what has to be added to the aggregate: used, price and records."""
        expected, found = self.expected or _NOTHING, self.found or _NOTHING
        return (
            (expected.used or 0) - (found.used or 0),
            expected.price - found.price,
            (expected.records or 0) - (found.records or 0),
        )


_NOTHING = Values(0, Decimal(0), 0)


class DayTotals(NamedTuple):
    """The totals of a business day's raw records, as UsageDay keeps them of a sealed day."""

    data_records: int
    kilobytes_used: Decimal
    data_price: Decimal
    data_fingerprint: Decimal
    voice_records: int
    seconds_used: Decimal
    voice_price: Decimal
    voice_fingerprint: Decimal


class NotProvenError(Exception):
    """The aggregates of a day are not what its sources say. `differences` are the keys; the message names some."""

    def __init__(self, day: date, differences: list[Difference]) -> None:
        named = "; ".join(
            f"{each.usage_type} of subscription {each.subscription_id} is {each.found or 'missing'}"
            f" and should be {each.expected or 'nothing'}"
            for each in differences[:_NAMED]
        )
        super().__init__(
            f"{day} does not reconcile: {len(differences)} keys differ ({named}); see `wingtel reconcile --from {day}"
            f" --to {day}`, and mend it with --repair"
        )
        self.differences = differences


def prove(day: date) -> DayTotals:
    """Prove the aggregates of a business day key by key against its raw records; return the totals of these.

    All of it is read from one snapshot. Raises NotProvenError where a key differs.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SQL["memory"])
        cursor.execute(_PROOF, {"first": day, "last": day})
        differing, *totals = cursor.fetchone()
    if differing:
        raise NotProvenError(day, _days(day, day))
    return DayTotals(*totals)


def reconcile(first: date | None = None, last: date | None = None, *, repair: bool = False) -> Reconciliation:
    """Compare the aggregates of the business days `first` to `last` with their sources, and keep what came of it.

    Without an end, it is the first or the last day that anything is known of. Days are compared with raw records and
    adjustments, or with the seal where the raw records are gone; the months they lie in with their days, and the bounds
    of all prices with the months. Each comparison sees one moment, so writers raise no false alarm. With `repair`, what
    differs is mended, and nothing else changed; writers wait meanwhile. An expired day that is not what it was sealed
    with cannot be mended, since its records are gone. A month with a day that is not proven is left as it is.

    Raises NothingToReconcileError when there is no such day.
    """
    first, last = _period(first, last)
    started = timezone.now()
    found = differences(first, last)
    if not (repair and found):
        return _keep(first, last, found, started)
    found, left = _repair(first, last)
    return _keep(first, last, found, started, repaired=not left)


def reconcile_due() -> Reconciliation | None:
    """Reconcile the last WINGTEL_RECONCILE_DAYS business days; None when that was done within WINGTEL_RECONCILE_HOURS.

    None also when nothing was used yet.
    """
    (last,) = business_days_of([timezone.now()])
    first = last - timedelta(days=settings.WINGTEL_RECONCILE_DAYS - 1)
    recently = timezone.now() - timedelta(hours=settings.WINGTEL_RECONCILE_HOURS)
    if Reconciliation.objects.filter(first__lte=first, last__gte=last, finished_at__gt=recently).exists():
        return None
    return reconcile(first, last)


def differences(first: date, last: date) -> list[Difference]:
    """Return what differs now, days before months before bounds."""
    found = day_differences(first, last) + _differing(_SQL["months"], first, last)
    return found + (_differing(_SQL["bounds"], first, last) if _is_stored() else [])


def day_differences(first: date, last: date) -> list[Difference]:
    """Return what differs of the days alone."""
    return _days(first, last) + _seals(first, last)


def _period(first: date | None, last: date | None) -> tuple[date, date]:
    if first is None or last is None:
        with connection.cursor() as cursor:
            cursor.execute(_SQL["period"])
            earliest, latest = cursor.fetchone()
        if earliest is None:
            raise NothingToReconcileError("nothing was used yet: there is nothing to reconcile")
        first, last = first or earliest, last or latest
    if last < first:
        raise NothingToReconcileError(f"the last day, {last}, lies before the first, {first}")
    return first, last


def _is_stored() -> bool:
    strategy = strategies.active()
    return bool(strategy and strategy.stores)


def _days(first: date, last: date) -> list[Difference]:
    return _differing(DIFFERING_DAYS + _SQL["days"], first, last)


def _seals(first: date, last: date) -> list[Difference]:
    return _differing(_SQL["seals"], first, last)


def _differing(statement: str, first: date, last: date) -> list[Difference]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SQL["memory"])
        cursor.execute(statement, {"first": first, "last": last})
        return [_difference(*row) for row in cursor.fetchall()]


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


def mend_months(first: date, last: date) -> None:
    """Make the months of the days `first` to `last`, and the bounds of all prices, what the daily aggregates say.

    Writers wait meanwhile. The days are right already. Months with another day that is not proven are left as they are.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SQL["alone"])
        _mend_months(first, last)


def _repair(first: date, last: date) -> tuple[list[Difference], list[Difference]]:
    """Mend what differs while writers wait; return what differed and what still does.

    Days first, since months are compared with them.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SQL["alone"])
        days = _days(first, last)
        _add("repair_days", days)
        found, left = _mend_months(first, last)
    return days + found, left


def _mend_months(first: date, last: date) -> tuple[list[Difference], list[Difference]]:
    """Return what differed of seals, months and bounds, and what still does.

    A month with a day that is not proven is left: either of the two may be wrong.
    """
    months = _differing(_SQL["months"], first, last)
    days = _seals(first, last)
    for rest in _rest_of_months(first, last, {_month(each) for each in months}):
        days += day_differences(*rest)
    doubtful = {_month(each) for each in days} | _without_fingerprint(first, last)
    bounds = _differing(_SQL["bounds"], first, last) if _is_stored() else []
    _add("repair_months", [each for each in months if _month(each) not in doubtful])
    with connection.cursor() as cursor:
        cursor.execute(_SQL["repair_bounds"])
        cursor.execute(_SQL["repair_totals"])
    return days + months + bounds, days + [each for each in months if _month(each) in doubtful]


def _rest_of_months(first: date, last: date, months: set[date | None]) -> Iterator[tuple[date, date]]:
    """Yield the days of some months before `first`, and those after `last`."""
    start, end = first.replace(day=1), last.replace(day=monthrange(last.year, last.month)[1])
    if start < first and start in months:
        yield start, first - timedelta(days=1)
    if last < end and last.replace(day=1) in months:
        yield last + timedelta(days=1), end


def _without_fingerprint(first: date, last: date) -> set[date | None]:
    with connection.cursor() as cursor:
        cursor.execute(_SQL["without_fingerprint"], {"first": first, "last": last})
        return {month for (month,) in cursor.fetchall()}


def _month(difference: Difference) -> date | None:
    return difference.start and difference.start.replace(day=1)


def _add(statement: str, missing: Sequence[Difference]) -> None:
    if not missing:
        return
    used, prices, records = zip(*(difference.off_by for difference in missing), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL[statement],
            {
                "subscriptions": [difference.subscription_id for difference in missing],
                "usage_types": [difference.usage_type for difference in missing],
                "days": [difference.start for difference in missing],
                "used": list(used),
                "prices": list(prices),
                "records": list(records),
            },
        )


def _keep(
    first: date, last: date, found: list[Difference], started: datetime, *, repaired: bool = False
) -> Reconciliation:
    with connection.cursor() as cursor:
        cursor.execute(_SQL["keys"], {"first": first, "last": last})
        (keys,) = cursor.fetchone()
    strategy = strategies.active()
    of_days = [difference for difference in found if difference.grain in {"day", "seal of day"}]
    return Reconciliation.objects.create(
        first=first,
        last=last,
        strategy=strategy.name if strategy else "",
        started_at=started,
        finished_at=timezone.now(),
        keys=keys,
        drift_keys=len(found),
        drift_price=sum((abs(difference.off_by[1]) for difference in of_days), Decimal(0)),
        repaired=repaired,
        differences=[_told(difference) for difference in found[:SHOWN]],
    )


def _told(difference: Difference) -> dict[str, Any]:
    """Return a difference as JSON has it."""
    return {
        "grain": difference.grain,
        "kind": difference.kind,
        "subscription_id": difference.subscription_id,
        "usage_type": difference.usage_type,
        "start": difference.start and difference.start.isoformat(),
        "expected": difference.expected and _told_values(difference.expected),
        "found": difference.found and _told_values(difference.found),
    }


def _told_values(values: Values) -> dict[str, Any]:
    told = asdict(values) | {"price": money(values.price), "fingerprint": str(values.fingerprint)}
    if values.fingerprint is None:
        del told["fingerprint"]
    return told
