"""Changing the strategy while usage is written and read."""

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
"""Told how many days are rebuilt, of how many."""


class SwitchRefusedError(Exception):
    """The strategy cannot be used; the message says why."""


def use(name: str, *, progress: Progress = lambda done, total: None, patience: float = LOCK_RETRY_SECONDS) -> bool:
    """Let the strategy `name` keep the aggregates from now on; False when it does so already.

    Stops the old one, installs the new one, rebuilds the stored tables and swaps the views in one transaction. Writers
    wait meanwhile, readers go on with the old views until the end. Then the old one's triggers, disabled so far, are
    dropped. A strategy that is active but was tampered with is installed again, and the tables are rebuilt.

    Raises ValueError when there is no such strategy, SwitchRefusedError when it cannot work here, or when others held
    the tables it needs for `patience` seconds.
    """
    strategy = named(name)
    give_up = time.monotonic() + patience
    changed = _retry_on_lock(lambda: _switch(strategy, progress), give_up)
    _retry_on_lock(_uninstall_others, give_up)
    return changed


def _retry_on_lock(work: Callable[[], Result], give_up: float) -> Result:
    try:
        return retry_on_lock(work, _SQL["patience"], give_up=give_up, pause=_PAUSE_SECONDS)
    except LockHeldError as error:
        raise SwitchRefusedError(
            f"{error}: end their transactions, wait longer, or try again when less is written"
        ) from error


def _switch(strategy: Strategy, progress: Progress) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_SQL["lock"])
        old = named(ActiveStrategy.objects.get().name)
        tampered = outdated() or bool(drift.problems())
        if old is strategy and not tampered:
            return False
        if reason := strategy.refusal():
            raise SwitchRefusedError(f"{strategy.name} cannot be used here: {reason}")
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


def _uninstall_others() -> None:
    """Take out the triggers that a strategy which runs no more has left."""
    if not drift.has_unexpected_triggers():
        return
    with connection.cursor() as cursor:
        cursor.execute(_SQL["lock_out"])
    running = named(ActiveStrategy.objects.get().name)  # now that nobody can change it
    for other in map(named, NAMES):
        if other.triggers - running.triggers:
            other.uninstall()
    ActiveStrategy.objects.update(objects_installed=drift.objects())


def _rebuild(progress: Progress, *, is_empty: bool) -> None:
    """Add what is missing of the sources to the stored tables, a day after the other; the views are the old ones.

    Months that the old strategy kept are left where a day of theirs is not proven. Where it kept nothing and the tables
    are empty, all months are made of their days.
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
