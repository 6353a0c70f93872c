"""Open and resolve alerts: compare limits with what changed subscriptions paid.

Run it often: it takes milliseconds where nothing changed. One session evaluates at a time. Each alert and its
deliveries are stored in the transaction that drains the change.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from wingtel import sql
from wingtel.aggregates import changes
from wingtel.db.arrays import array, text_array

from .models import Delivery, LimitPeriod, PriceLimit

_SQL = sql.statements(__package__, "sql/evaluation.sql")

SLICE = 20_000
"""Subscriptions evaluated at a time, so that a slice needs little memory, and a new limit holds up others briefly."""

LONGEST_CYCLE = timedelta(days=31)


@dataclass(frozen=True)
class Evaluation:
    """Counts: subscriptions evaluated (once for each period evaluated), alerts opened and resolved."""

    evaluated: int = 0
    opened: int = 0
    resolved: int = 0

    def __add__(self, other: "Evaluation") -> "Evaluation":
        return Evaluation(self.evaluated + other.evaluated, self.opened + other.opened, self.resolved + other.resolved)


@dataclass(frozen=True)
class _Terms:
    """Of some limits of one kind of period: the first day that counts, and the lowest threshold."""

    starts: date
    lowest: Decimal


@dataclass(frozen=True)
class _Slice:
    """Subscriptions to evaluate in the period, a calendar month or a billing cycle, that contains a day."""

    period: str
    day: date
    subscriptions: list[int]


class _Periods:
    """The periods to evaluate: whose, of which kind, and by a day that they contain."""

    def __init__(self, terms: dict[str, _Terms]) -> None:
        self._terms = terms
        self._subscriptions: defaultdict[tuple[str, date], set[int]] = defaultdict(set)

    def add(self, period: str, day: date, subscriptions: Iterable[int]) -> None:
        self._subscriptions[period, day].update(subscriptions)

    def add_day(self, day: date, subscriptions: Iterable[int]) -> None:
        """Add the periods of a day."""
        for period in self._terms:
            self.add(period, day if period == LimitPeriod.CYCLE else day.replace(day=1), subscriptions)

    def add_month(self, month: date, subscriptions: Iterable[int] | None = None) -> None:
        """Add the periods that have a day in a month: of some subscriptions, or of everybody concerned."""
        for period, terms in self._terms.items():
            scope = _concerned(period, month, terms) if subscriptions is None else subscriptions
            for day in _month_ends(month) if period == LimitPeriod.CYCLE else [month]:
                self.add(period, day, scope)

    def slices(self) -> Iterator[_Slice]:
        """Yield what there is to evaluate, without periods that were over when every limit started."""
        starts = min((terms.starts for terms in self._terms.values()), default=date.max)
        for period, day in sorted(self._subscriptions, key=lambda each: (each[1], each[0] == LimitPeriod.CYCLE)):
            if day >= starts - LONGEST_CYCLE:
                ordered = sorted(self._subscriptions[period, day])
                for start in range(0, len(ordered), SLICE):
                    yield _Slice(period, day, ordered[start : start + SLICE])


def evaluate() -> Evaluation:
    """Open an alert for every threshold of a limit that was reached since the last time, and resolve the others.

    A limit that is new or was changed is evaluated for everybody in its scope, slice by slice, and what changes
    meanwhile in between. Safe when two run at once. Raises wingtel.db.retry.LockHeldError when, the first time
    that there is a limit, others go on changing aggregates for a minute, and django.db.utils.ProgrammingError in a
    transaction above READ COMMITTED.
    """
    _switch_change_capture()
    return _evaluate_changes() + _evaluate_pending()


def _switch_change_capture() -> None:
    """Log changes while there are limits. Once that is enabled, every limit has to be evaluated for everybody."""
    if PriceLimit.objects.current().exists() == changes.is_enabled():
        return
    with transaction.atomic():
        _execute("make_lock")
        _execute("lock")
        wanted = PriceLimit.objects.current().exists()
        if wanted and not changes.is_enabled():
            changes.enable()
            _execute("all_pending")
        elif not wanted:
            changes.disable()


def _evaluate_changes() -> Evaluation:
    """Evaluate the subscriptions that changed since the last time."""
    found = Evaluation()
    with transaction.atomic():
        _execute("make_lock")
        ((evaluated_at, today),) = _rows("lock")
        if terms := _terms():
            periods = _Periods(terms)
            drained = changes.drain(since=evaluated_at)
            for day, subscriptions in drained.days.items():
                periods.add_day(day, subscriptions)
            for month in drained.months | (_all_months(terms) if drained.everything else set()):
                periods.add_month(month)
            moved = _ids("drain_moved")
            # The days in every period that is not over and can have usage.
            for day in (today, today + timedelta(days=settings.WINGTEL_AHEAD_DAYS)):
                periods.add_day(day, moved)
            for part in periods.slices():
                found += _evaluate_slice(part, terms)
        _execute("done")
    return found


def _evaluate_pending() -> Evaluation:
    """Evaluate new and changed limits for everybody in their scope."""
    found = Evaluation()
    if not (pending := _rows("pending")):
        return found
    terms = _terms()
    for part in _pending_periods([(limit, plan, subscription) for limit, _, plan, subscription in pending]).slices():
        with transaction.atomic():
            _execute("lock")
            found += _evaluate_slice(part, terms)
        if changes.logged():
            found += _evaluate_changes()
    limits, versions = array(str(limit) for limit, *_ in pending), text_array([version for _, version, *_ in pending])
    _execute("not_pending", limits=limits, versions=versions)
    return found


def _pending_periods(pending: list[tuple[int, int | None, int | None]]) -> _Periods:
    """Return the periods to evaluate for limits, given with their plan and subscription."""
    terms = _terms(pending=True)
    periods = _Periods(terms)
    for period, day, subscriptions in _rows("still_open", limits=[limit for limit, *_ in pending]):
        periods.add(period, day, subscriptions)
    scope: list[int] | None = None
    if all(plan or subscription for _, plan, subscription in pending):
        plans = [plan for _, plan, _ in pending if plan]
        scope = _ids("in_scope", plans=plans, subscriptions=[one for *_, one in pending if one])
    for month in _known_months(terms):
        periods.add_month(month, scope)
    return periods


def _evaluate_slice(part: _Slice, terms: dict[str, _Terms]) -> Evaluation:
    lowest = terms[part.period].lowest if part.period in terms else None
    parameters = {"period": part.period, "day": part.day}
    subscriptions = {"subscription_ids": array(map(str, part.subscriptions))}
    _execute("hash")
    _execute("find_open", **parameters, **subscriptions)
    _execute("total", lowest=lowest, **parameters, **subscriptions)
    _execute("compare", period=part.period)
    opened = [alert for (alert,) in _rows("open", period=part.period)]
    resolved = [alert for (alert,) in _rows("resolve")]
    _execute("drop_tables")
    _execute("as_before")
    for event, alerts in ((Delivery.Event.OPENED, opened), (Delivery.Event.RESOLVED, resolved)):
        if alerts:
            ids = array(map(str, alerts))
            _execute("deliver", event=event.value, alerts=ids, emails=settings.WINGTEL_ALERT_EMAILS)
    return Evaluation(len(part.subscriptions), len(opened), len(resolved))


def _terms(*, pending: bool = False) -> dict[str, _Terms]:
    """Return the terms of all limits, or of the pending ones, by the kind of their period."""
    return {period: _Terms(starts, lowest) for period, starts, lowest in _rows("terms", pending=pending)}


def _concerned(period: str, month: date, terms: _Terms) -> set[int]:
    """Return the subscriptions that can have something to open or resolve in the periods of a month."""
    # A cycle lies in two months, so what was paid in one says nothing of it.
    least = terms.lowest if period == LimitPeriod.MONTH else None
    return {*changes.users_in_month(month, least=least), *_ids("alerted", period=period, month=month)}


def _month_ends(month: date) -> list[date]:
    """Return a day of each billing cycle that has a day in a month: a cycle contains the end of one month."""
    following = (month + LONGEST_CYCLE).replace(day=1)
    return [month - timedelta(days=1), following - timedelta(days=1)]


def _all_months(terms: dict[str, _Terms]) -> set[date]:
    return {*_known_months(terms), *(month for (month,) in _rows("alerted_months"))}


def _known_months(terms: dict[str, _Terms]) -> list[date]:
    """Return the months with usage that lie in periods which count."""
    firsts = [
        each.starts - (LONGEST_CYCLE if period == LimitPeriod.CYCLE else timedelta()) for period, each in terms.items()
    ]
    return [month for (month,) in _rows("months", first=min(firsts, default=date.max).replace(day=1))]


def _ids(statement: str, **parameters: Any) -> list[int]:
    ids: list[int] | None = _rows(statement, **parameters)[0][0]
    return ids or []


def _rows(statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_SQL[statement], parameters)
        return list(cursor.fetchall())


def _execute(statement: str, **parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SQL[statement], parameters)
