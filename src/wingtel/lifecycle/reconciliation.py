"""Reconciliation of the aggregates with their sources, key by key, at every grain, while writers go on."""

from dataclasses import asdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from wingtel import sql
from wingtel.aggregates import differences, rebuild, strategies
from wingtel.aggregates.differences import COUNTED, DIFFERING_DAYS, Difference, Values
from wingtel.aggregates.serialization import money
from wingtel.usage.business_days import business_days_of
from wingtel.usage.models import UsageType

from .models import Reconciliation

_SQL = sql.statements(__package__, "sql/reconciliation.sql")

SHOWN = 100
"""Number of differences that are stored with one comparison."""

_NAMED = 3
"""Number of differences that the message of an error names."""


class NothingToReconcileError(ValueError):
    """A reconciliation without a day: there is no usage, or the days are reversed; the message says which."""


class RawSums(NamedTuple):
    """Sums of a business day's raw records of one usage type, as UsageDaySum stores them for a sealed day."""

    records: int
    used: Decimal
    price: Decimal
    fingerprint: Decimal


DaySums = dict[str, RawSums]
"""Sums of a business day's raw records, by usage type."""


class NotProvenError(Exception):
    """A day whose aggregates differ from its sources. `differences` are the keys; the message names some."""

    def __init__(self, day: date, differences: list[Difference]) -> None:
        named = "; ".join(
            f"{each.usage_type} of subscription {each.subscription_id} is {each.found or 'missing'}"
            f" and should be {each.expected or 'nothing'}"
            for each in differences[:_NAMED]
        )
        super().__init__(
            f"{day} does not reconcile: {len(differences)} keys differ ({named}); see `wingtel days reconcile"
            f" --from {day} --to {day}`, and repair it with --repair"
        )
        self.differences = differences


def prove(day: date) -> DaySums:
    """Prove the aggregates of a business day, key by key, against its sources. Return the sums of its raw records.

    All of it is read from one snapshot. Raises NotProvenError if a key differs.
    """
    rows = differences.fetch(
        COUNTED, DIFFERING_DAYS, _SQL["proof"], first=day, last=day, usage_types=list(UsageType.values)
    )
    if any(differing for differing, *_ in rows):
        raise NotProvenError(day, differences.days(day, day))
    return {usage_type: RawSums(*sums) for _, usage_type, *sums in rows}


def reconcile(first: date | None = None, last: date | None = None, *, repair: bool = False) -> Reconciliation:
    """Compare the aggregates of the business days `first` to `last` with their sources, and store the result.

    An end that is not given is the first or the last day that has aggregates, adjustments or a state. Days are compared
    with raw records and adjustments, or with the seal if the raw records are gone. Their months are compared with the
    days, and the bounds of all prices with the months. Each comparison reads one snapshot, so writers cause no false
    alarm.

    With `repair`, only what differs is changed; writers wait meanwhile. An expired day that differs from its seal
    cannot be repaired, since its records are gone. A month with a day that is not proven stays as it is.

    Raises NothingToReconcileError if there is no such day.
    """
    first, last = _period(first, last)
    started = timezone.now()
    differing = _differences(first, last)
    if not (repair and differing):
        return _store(first, last, differing, started)
    differing, remaining = _repair(first, last)
    return _store(first, last, differing, started, repaired=not remaining)


def reconcile_due() -> Reconciliation | None:
    """Reconcile the last WINGTEL_RECONCILE_DAYS business days.

    Return None if that was done within WINGTEL_RECONCILE_HOURS.
    """
    (last,) = business_days_of([timezone.now()])
    first = last - timedelta(days=settings.WINGTEL_RECONCILE_DAYS - 1)
    recently = timezone.now() - timedelta(hours=settings.WINGTEL_RECONCILE_HOURS)
    if Reconciliation.objects.filter(first__lte=first, last__gte=last, finished_at__gt=recently).exists():
        return None
    return reconcile(first, last)


def _differences(first: date, last: date) -> list[Difference]:
    """Return what differs now, days before months before bounds."""
    differing = differences.days(first, last) + differences.seals(first, last)
    return differing + (differences.months(first, last) + differences.bounds() if _is_stored() else [])


def _period(first: date | None, last: date | None) -> tuple[date, date]:
    if first is None or last is None:
        earliest, latest = differences.period()
        if earliest is None or latest is None:
            raise NothingToReconcileError("nothing was used yet: there is nothing to reconcile")
        first, last = first or earliest, last or latest
    if last < first:
        raise NothingToReconcileError(f"the last day, {last}, lies before the first, {first}")
    return first, last


def _is_stored() -> bool:
    strategy = strategies.active()
    return bool(strategy and strategy.stores)


def _repair(first: date, last: date) -> tuple[list[Difference], list[Difference]]:
    """Repair what differs while writers wait. Return what differed, and what still differs.

    Days first, since months are compared with them.
    """
    with transaction.atomic():
        rebuild.lock()
        days = rebuild.repair_days(first, last)
        if _is_stored():
            differing, remaining = rebuild.repair_months(first, last)
        else:
            differing = remaining = differences.seals(first, last)
    return days + differing, remaining


def _store(
    first: date, last: date, differing: list[Difference], started: datetime, *, repaired: bool = False
) -> Reconciliation:
    with connection.cursor() as cursor:
        cursor.execute(_SQL["keys"], {"first": first, "last": last})
        (keys,) = cursor.fetchone()
    strategy = strategies.active()
    of_days = [difference for difference in differing if difference.grain in {"day", "seal of day"}]
    return Reconciliation.objects.create(
        first=first,
        last=last,
        strategy=strategy.name if strategy else "",
        started_at=started,
        finished_at=timezone.now(),
        keys=keys,
        drift_keys=len(differing),
        drift_price=sum((abs(difference.off_by) for difference in of_days), Decimal(0)),
        repaired=repaired,
        differences=[_as_json(difference) for difference in differing[:SHOWN]],
    )


def _as_json(difference: Difference) -> dict[str, Any]:
    """Return a difference in the types of JSON."""
    return {
        "grain": difference.grain,
        "kind": difference.kind,
        "subscription_id": difference.subscription_id,
        "usage_type": difference.usage_type,
        "start": difference.start and difference.start.isoformat(),
        "expected": difference.expected and _values_as_json(difference.expected),
        "found": difference.found and _values_as_json(difference.found),
    }


def _values_as_json(values: Values) -> dict[str, Any]:
    members = asdict(values) | {"price": money(values.price), "fingerprint": str(values.fingerprint)}
    if values.fingerprint is None:
        del members["fingerprint"]
    return members
