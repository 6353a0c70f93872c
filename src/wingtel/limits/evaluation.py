"""Open and resolve alerts: compare limits with what changed subscriptions paid.

Run it often: it takes milliseconds if nothing changed. One session evaluates at a time. Each alert and its deliveries
are stored in the transaction that drains the change.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.dispatch import Signal

from wingtel import sql
from wingtel.aggregates import changes
from wingtel.db.arrays import array, text_array

from .models import AlertEventType, LimitPeriod, PriceLimit

_SQL = sql.statements(__package__, "sql/evaluation.sql")

BATCH_SIZE = 20_000
"""Subscriptions evaluated at a time.

So a batch needs little memory, and a new limit holds up other evaluations briefly.
"""

MAX_CYCLE = timedelta(days=31)

alerts_changed = Signal()
"""Sent with `event` (an AlertEventType) and `alerts` (their ids) in the transaction that opens or resolves them."""


@dataclass(frozen=True)
class Evaluation:
    """Counts of subscriptions evaluated (once for each period evaluated), alerts opened and alerts resolved."""

    evaluated: int = 0
    opened: int = 0
    resolved: int = 0

    def __add__(self, other: "Evaluation") -> "Evaluation":
        return Evaluation(self.evaluated + other.evaluated, self.opened + other.opened, self.resolved + other.resolved)


@dataclass(frozen=True)
class _Terms:
    """First day that counts, and the lowest threshold, of some limits of one kind of period."""

    starts: date
    lowest: Decimal


@dataclass(frozen=True)
class _Batch:
    """Subscriptions to evaluate in the period, a calendar month or a billing cycle, that contains a day."""

    period: str
    day: date
    subscriptions: list[int]


class _Periods:
    """Periods to evaluate: subscriptions by the kind of period and a day that it contains."""

    def __init__(self, terms: dict[str, _Terms]) -> None:
        self._terms = terms
        self._subscriptions: defaultdict[tuple[str, date], set[int]] = defaultdict(set)

    def add(self, period: str, day: date, subscriptions: Iterable[int]) -> None:
        self._subscriptions[period, day].update(subscriptions)

    def add_day(self, day: date, subscriptions: Iterable[int]) -> None:
        """Add the periods that contain a day."""
        for period in self._terms:
            self.add(period, day if period == LimitPeriod.CYCLE else day.replace(day=1), subscriptions)

    def add_month(self, month: date, subscriptions: Iterable[int] | None = None) -> None:
        """Add the periods that have a day in a month: of some subscriptions, or of all candidates."""
        for period, terms in self._terms.items():
            scope = _candidates(period, month, terms) if subscriptions is None else subscriptions
            for day in _month_ends(month) if period == LimitPeriod.CYCLE else [month]:
                self.add(period, day, scope)

    def batches(self) -> Iterator[_Batch]:
        """Yield the batches to evaluate, without periods that were over when every limit started."""
        starts = min((terms.starts for terms in self._terms.values()), default=date.max)
        for period, day in sorted(self._subscriptions, key=lambda each: (each[1], each[0] == LimitPeriod.CYCLE)):
            if day >= starts - MAX_CYCLE:
                ordered = sorted(self._subscriptions[period, day])
                for start in range(0, len(ordered), BATCH_SIZE):
                    yield _Batch(period, day, ordered[start : start + BATCH_SIZE])


def evaluate() -> Evaluation:
    """Open an alert for every threshold reached since the last evaluation, and resolve those not reached any more.

    A limit that is new or was changed is evaluated for all subscriptions in its scope, in batches. Changes made
    meanwhile are evaluated in between. Safe when two run at once.

    Raises wingtel.db.retry.LockHeldError when, at the first limit, other transactions go on changing aggregates for a
    minute. Raises django.db.utils.ProgrammingError in a transaction above READ COMMITTED.
    """
    _switch_change_capture()
    return _evaluate_changes() + _evaluate_pending()


def _switch_change_capture() -> None:
    """Enable change capture while there are limits, else disable it.

    Once it is enabled, every limit has to be evaluated for all subscriptions.
    """
    if PriceLimit.objects.current().exists() == changes.is_enabled():
        return
    with transaction.atomic():
        _execute("create_lock")
        _execute("lock")
        has_limits = PriceLimit.objects.current().exists()
        if has_limits and not changes.is_enabled():
            changes.enable()
            _execute("mark_all_pending")
        elif not has_limits:
            changes.disable()


def _evaluate_changes() -> Evaluation:
    """Evaluate the subscriptions that changed since the last evaluation."""
    evaluation = Evaluation()
    with transaction.atomic():
        _execute("create_lock")
        ((evaluated_at, today),) = _rows("lock")
        if terms := _terms():
            periods = _Periods(terms)
            drained = changes.drain(since=evaluated_at)
            for day, subscriptions in drained.days.items():
                periods.add_day(day, subscriptions)
            for month in drained.months | (_all_months(terms) if drained.everything else set()):
                periods.add_month(month)
            plan_changed = _ids("drain_plan_changes")
            # These two days lie in every period that is not over and can have usage.
            for day in (today, today + timedelta(days=settings.WINGTEL_MAX_FUTURE_DAYS)):
                periods.add_day(day, plan_changed)
            for batch in periods.batches():
                evaluation += _evaluate_batch(batch, terms)
        _execute("set_evaluated_at")
    return evaluation


def _evaluate_pending() -> Evaluation:
    """Evaluate new and changed limits for all subscriptions in their scope."""
    evaluation = Evaluation()
    if not (pending := _rows("select_pending")):
        return evaluation
    terms = _terms()
    for batch in _pending_periods([(limit, plan, subscription) for limit, _, plan, subscription in pending]).batches():
        with transaction.atomic():
            _execute("lock")
            evaluation += _evaluate_batch(batch, terms)
        if changes.logged():
            evaluation += _evaluate_changes()
    limits, versions = array(str(limit) for limit, *_ in pending), text_array([version for _, version, *_ in pending])
    _execute("clear_pending", limits=limits, versions=versions)
    return evaluation


def _pending_periods(pending: list[tuple[int, int | None, int | None]]) -> _Periods:
    """Return the periods to evaluate for limits, given with their plan and subscription."""
    terms = _terms(pending=True)
    periods = _Periods(terms)
    for period, day, subscriptions in _rows("open_alerts", limits=[limit for limit, *_ in pending]):
        periods.add(period, day, subscriptions)
    scope: list[int] | None = None
    if all(plan or subscription for _, plan, subscription in pending):
        plans = [plan for _, plan, _ in pending if plan]
        scope = _ids("in_scope", plans=plans, subscriptions=[one for *_, one in pending if one])
    for month in _known_months(terms):
        periods.add_month(month, scope)
    return periods


def _evaluate_batch(batch: _Batch, terms: dict[str, _Terms]) -> Evaluation:
    lowest = terms[batch.period].lowest if batch.period in terms else None
    parameters = {"period": batch.period, "day": batch.day}
    subscriptions = {"subscription_ids": array(map(str, batch.subscriptions))}
    _execute("avoid_nested_loops")
    _execute("find_open_alerts", **parameters, **subscriptions)
    _execute("sum_prices", lowest=lowest, **parameters, **subscriptions)
    _execute("compare_totals", period=batch.period)
    opened = [alert for (alert,) in _rows("insert_alerts", period=batch.period)]
    resolved = [alert for (alert,) in _rows("resolve_alerts")]
    _execute("drop_tables")
    _execute("allow_nested_loops")
    for event, alerts in ((AlertEventType.OPENED, opened), (AlertEventType.RESOLVED, resolved)):
        if alerts:
            alerts_changed.send(sender=None, event=event, alerts=alerts)
    return Evaluation(len(batch.subscriptions), len(opened), len(resolved))


def _terms(*, pending: bool = False) -> dict[str, _Terms]:
    """Return the terms of all limits, or of the pending ones, by the kind of their period."""
    return {period: _Terms(starts, lowest) for period, starts, lowest in _rows("select_terms", pending=pending)}


def _candidates(period: str, month: date, terms: _Terms) -> set[int]:
    """Return the subscriptions whose alerts may open or resolve in the periods of a month."""
    # A cycle lies in two months, so the price of one month does not decide.
    least = terms.lowest if period == LimitPeriod.MONTH else None
    return {*changes.users_in_month(month, least=least), *_ids("with_open_alerts", period=period, month=month)}


def _month_ends(month: date) -> list[date]:
    """Return a day of each billing cycle that has a day in a month.

    A cycle contains the end of one month.
    """
    next_month = (month + MAX_CYCLE).replace(day=1)
    return [month - timedelta(days=1), next_month - timedelta(days=1)]


def _all_months(terms: dict[str, _Terms]) -> set[date]:
    return {*_known_months(terms), *(month for (month,) in _rows("open_alert_months"))}


def _known_months(terms: dict[str, _Terms]) -> list[date]:
    """Return the months with usage that lie in periods which count."""
    firsts = [
        each.starts - (MAX_CYCLE if period == LimitPeriod.CYCLE else timedelta()) for period, each in terms.items()
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
