"""Switch to another strategy, while usage is written and read."""

import time
from collections.abc import Callable
from datetime import date

from django.db import connection

from wingtel import sql
from wingtel.aggregates import differences, rebuild
from wingtel.aggregates.models import ActiveStrategy
from wingtel.db.retry import LOCK_RETRY_SECONDS, LockHeldError, Result, retry_on_lock

from . import drift
from .base import NAMES, Strategy, named
from .installation import define_functions, define_views, make_active, outdated

_SQL = sql.statements(__package__, "sql/switchover.sql")

_PAUSE_SECONDS = 0.1

Progress = Callable[[int, int], None]
"""A callback with the number of days that are rebuilt, and of all days to rebuild."""


class SwitchRejectedError(Exception):
    """A switch to a strategy that cannot be used; the message says why."""


def use(name: str, *, progress: Progress = lambda done, total: None, timeout: float = LOCK_RETRY_SECONDS) -> bool:
    """Switch to the strategy `name`. Return False if it is active already.

    One transaction stops the old strategy, installs the new one, rebuilds the stored tables and swaps the views.
    Writers wait meanwhile; readers use the old views until it commits. Then the old strategy's triggers, disabled so
    far, are dropped. An active strategy that was tampered with is installed again, and the tables are rebuilt.

    Raises ValueError if there is no such strategy. Raises SwitchRejectedError if it cannot work here, or if other
    sessions hold the tables for `timeout` seconds.
    """
    strategy = named(name)
    give_up = time.monotonic() + timeout
    changed = _retry_on_lock(lambda: _switch(strategy, progress), give_up)
    _retry_on_lock(_uninstall_inactive, give_up)
    return changed


def _retry_on_lock(work: Callable[[], Result], give_up: float) -> Result:
    try:
        return retry_on_lock(work, _SQL["lock_timeout"], give_up=give_up, pause=_PAUSE_SECONDS)
    except LockHeldError as error:
        raise SwitchRejectedError(
            f"{error}: end their transactions, wait longer, or try again when less is written"
        ) from error


def _switch(strategy: Strategy, progress: Progress) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_SQL["lock"])
        old = named(ActiveStrategy.objects.get().name)
        tampered = outdated() or bool(drift.problems())
        if old is strategy and not tampered:
            return False
        if reason := strategy.unsupported_reason():
            raise SwitchRejectedError(f"{strategy.name} cannot be used here: {reason}")
        if tampered:
            define_functions()
        old.flush()
        old.stop()
        strategy.install()
        if strategy.stores:
            if not old.stores:
                cursor.execute(_SQL["forget_stored"])
            _rebuild(progress, is_empty=not old.stores)
        define_views(strategy)
        make_active(strategy)
    return True


def _uninstall_inactive() -> None:
    """Drop the triggers that an inactive strategy has left."""
    if not drift.has_unexpected_triggers():
        return
    with connection.cursor() as cursor:
        cursor.execute(_SQL["lock_out"])
    active = named(ActiveStrategy.objects.get().name)  # read under the lock, so no session can change it
    for strategy in map(named, NAMES):
        if strategy.triggers - active.triggers:
            strategy.uninstall()
    ActiveStrategy.objects.update(objects_installed=drift.objects())


def _rebuild(progress: Progress, *, is_empty: bool) -> None:
    """Add what is missing to the stored tables, day by day. The views are still the old ones.

    Months that the old strategy stored are skipped if one of their days is not proven. If it stored nothing, the tables
    are empty, and all months are summed from their days.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SQL["days"])
        days: list[date] = [day for (day,) in cursor.fetchall()]
    for done, day in enumerate(days):
        progress(done, len(days))
        rebuild.store_day(day, is_empty=is_empty)
    first, last = differences.period()
    if first and last and is_empty:
        rebuild.store_months(first, last)
    elif first and last:
        rebuild.repair_months(first, last, daily=differences.STORED)
    progress(len(days), len(days))
