"""Finding who reached a limit, and who fell back below it, looking only at what changed.

Run it often: it takes milliseconds where nothing changed. Whoever runs it at the same time waits and finds nothing
left to do. Each alert, and what is to be sent of it, is stored in one transaction with the note that the change was
looked at.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from wingtel import sql
from wingtel.aggregates import changes
from wingtel.database.arrays import array

from .models import PriceLimit

_SQL = sql.statements(__package__, "sql/evaluating.sql")

PART = 20_000
"""Subscriptions that are evaluated by one statement, so that it needs but little memory."""

LONGEST_CYCLE = timedelta(days=31)


@dataclass(frozen=True)
class Evaluation:
    """What came of it: subscriptions looked at (once for each day or month looked at), alerts raised and recovered."""

    looked_at: int
    raised: int
    recovered: int


@dataclass(frozen=True)
class _State:
    """What there is to evaluate: `starts` is the first day that any limit counts, `lowest` the lowest level of all."""

    any: bool
    by_cycle: bool
    starts: date
    lowest: Decimal | None
    today: date

    @property
    def days(self) -> list[date]:
        """Days in every period that is not over and can have usage."""
        return [self.today, self.today + timedelta(days=settings.WINGTEL_AHEAD_DAYS)]


@dataclass(frozen=True)
class _Last:
    """When was evaluated last, and from which month on it is known who is near a level."""

    evaluated_at: datetime | None
    near_since: date | None


def evaluate() -> Evaluation:
    """Raise an alert for every level of a limit that was reached since the last time, and recover those taken back.

    Safe when two run at once. Raises wingtel.usage.waiting.StillHeldError when, the first time that there is a limit,
    others go on changing aggregates for a minute, and django.db.utils.ProgrammingError in a transaction above READ
    COMMITTED.
    """
    _watch_or_not()
    with transaction.atomic():
        last, state = _lock(), _state()
        found = Evaluation(0, 0, 0)
        if state.any:
            near_since = _know_near(last, state)
            points = list(_to_look_at(state, last, near_since))
            _execute("hash")
            for day, subscriptions in points:
                found = _evaluated(found, day, subscriptions, near_since)
            _execute("as_before")
        _execute("done")
    return found


def _watch_or_not() -> None:
    """Have changes noted while there are limits; from when they are on, everything has to be looked at once."""
    if PriceLimit.objects.current().exists() == changes.is_watching():
        return
    with transaction.atomic():
        _lock()
        wanted = PriceLimit.objects.current().exists()
        if wanted and not changes.is_watching():
            changes.watch()
            _execute("all_pending")
        elif not wanted:
            changes.unwatch()


def _know_near(last: _Last, state: _State) -> date:
    """The month from which on it is known who is near a level: the one before today's, or a later one for good."""
    before = (state.today.replace(day=1) - timedelta(days=1)).replace(day=1)
    if last.near_since is None:
        _execute("all_pending")
    elif last.near_since >= before:
        return last.near_since
    _execute("know_near", since=before)
    return before


def _to_look_at(state: _State, last: _Last, near_since: date) -> Iterator[tuple[date, list[int]]]:
    """Subscriptions whose periods that contain a day have to be evaluated."""
    taken = changes.take(since=last.evaluated_at)
    points: defaultdict[date, set[int]] = defaultdict(set)
    _add_changed(points, state, taken, near_since)
    if moved := _ids("take_moved"):
        _execute("look_at_each_change", subscription_ids=moved, since=near_since)
        for day in state.days:
            points[day].update(moved)
    for month in {*taken.months, *(_all_months(state) if taken.everything else ())}:
        _add_month(points, state, month, None)
    _add_pending(points, state)
    for day in sorted(points):
        if day >= state.starts - LONGEST_CYCLE:
            yield day, sorted(points[day])


def _add_changed(points: defaultdict[date, set[int]], state: _State, taken: changes.Changes, near_since: date) -> None:
    """Who can have reached a level by paying more, or fallen below one by paying less.

    A cycle's total is bounded by no ceiling, so there it may be anybody.
    """
    within: defaultdict[date, set[int]] = defaultdict(set)
    beyond: defaultdict[date, set[int]] = defaultdict(set)
    for day, changed in taken.days.items():
        month = day.replace(day=1)
        if state.by_cycle:
            points[day].update(changed.stored, changed.unfolded)
        elif month < near_since:
            points[month].update(changed.stored, changed.unfolded)
        else:
            points[month].update(changed.unfolded)
            within[month].update(changed.stored)
            beyond[month].update(changed.beyond)
    for month in within:
        points[month].update(
            _ids(
                "concerned",
                month=month,
                within=_array(within[month] - beyond[month]),
                beyond=_array(beyond[month]),
                lowest=state.lowest,
            )
        )


def _add_pending(points: defaultdict[date, set[int]], state: _State) -> None:
    """Everybody in the scope of the limits that are new or changed, since they count, and whom they had alerts of."""
    pending = [(limit, *terms) for limit, *terms, removed in _rows("take_pending") if not removed]
    if not pending:
        return
    for day, subscriptions in _rows("still_open", limits=[limit for limit, *_ in pending]):
        points[day].update(subscriptions)
    scope: set[int] | None = None
    if all(plan or subscription for _, plan, subscription, _ in pending):
        plans = [plan for _, plan, *_ in pending if plan]
        named = [subscription for *_, subscription, _ in pending if subscription]
        scope = set(_ids("in_scope", plans=plans, subscriptions=named))
    first = min(starts for *_, starts in pending)
    for month in _known_months(first - LONGEST_CYCLE if state.by_cycle else first):
        _add_month(points, state, month, scope)


def _add_month(points: defaultdict[date, set[int]], state: _State, month: date, scope: set[int] | None) -> None:
    """Everybody who has to do with a month, or those of `scope`."""
    following = (month + LONGEST_CYCLE).replace(day=1)
    if scope is None:
        # A cycle lies in two months, so what was paid in one says nothing of it.
        least = None if state.by_cycle else state.lowest
        scope = {*changes.users_in_month(month, least=least), *_ids("alerted", month=month)}
        if state.by_cycle:
            scope.update(changes.users_in_month((month - timedelta(days=1)).replace(day=1)))
            scope.update(changes.users_in_month(following))
    points[month].update(scope)
    if state.by_cycle:
        points[following - timedelta(days=1)].update(scope)


def _all_months(state: _State) -> set[date]:
    return {*_known_months(state.starts - LONGEST_CYCLE), *(month for (month,) in _rows("alerted_months"))}


def _known_months(first: date) -> list[date]:
    return [month for (month,) in _rows("months", first=first.replace(day=1))]


def _evaluated(found: Evaluation, day: date, subscriptions: list[int], near_since: date) -> Evaluation:
    """Add what comes of evaluating the periods that contain `day`."""
    for part in _parts(subscriptions):
        ((raised, recovered),) = _rows(
            "evaluate",
            subscription_ids=_array(part),
            day=day,
            near_since=near_since,
            emails=settings.WINGTEL_ALERT_EMAILS,
        )
        found = Evaluation(found.looked_at + len(part), found.raised + raised, found.recovered + recovered)
    return found


def _parts(subscriptions: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(subscriptions), PART):
        yield subscriptions[start : start + PART]


def _array(ids: Iterable[int]) -> str:
    return array(map(str, sorted(ids)))


def _lock() -> _Last:
    """Wait until nobody else evaluates; what the last evaluation left."""
    _execute("make_lock")
    return _Last(*_rows("lock")[0])


def _state() -> _State:
    ((any_, by_cycle, starts, lowest, today),) = _rows("state")
    return _State(any_, by_cycle, starts or today, lowest, today)


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
