"""Change capture: a log of the subscriptions whose usage changed, which an evaluation drains.

While it is enabled, each statement that changes aggregates appends one row a day to the log, in its own transaction. A
change is seen once it is committed, however late, and none is missed. One reader drains the log.
"""

import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import connection

from wingtel import sql
from wingtel.db.retry import LOCK_RETRY_SECONDS, retry_on_lock

_SQL = sql.statements(__package__, "sql/changes.sql")


@dataclass(frozen=True)
class Changes:
    """Changed usage: subscriptions by business day, and months (their first days) that changed for all subscriptions.

    `everything` means that anything may have changed.
    """

    days: dict[date, set[int]]
    months: set[date]
    everything: bool


def is_enabled() -> bool:
    """Return whether changes are logged."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["is_enabled"])
        (enabled,) = cursor.fetchone()
    return bool(enabled)


def enable(*, timeout: float = LOCK_RETRY_SECONDS) -> None:
    """Log every change that is committed after this. Earlier ones are not logged.

    Waits for transactions that are changing aggregates. Raises wingtel.db.retry.LockHeldError if they take longer than
    `timeout` seconds.
    """

    def work() -> None:
        with connection.cursor() as cursor:
            cursor.execute(_SQL["enable"])

    retry_on_lock(work, _SQL["lock_timeout"], give_up=time.monotonic() + timeout)


def disable() -> None:
    """Stop logging changes, and delete those that were not drained."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["disable"])


def drain(*, since: datetime | None) -> Changes:
    """Remove and return the changes since the last call, at `since`. A rollback puts them back.

    Raises django.db.utils.ProgrammingError above READ COMMITTED.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SQL["require_read_committed"], {"what": "looking at changes"})
        cursor.execute(_SQL["drain"], {"since": since})
        rows: list[tuple[date | None, list[int] | None]] = cursor.fetchall()
    days: defaultdict[date, set[int]] = defaultdict(set)
    months = set[date]()
    for day, subscriptions in rows:
        if day and subscriptions is None:
            months.add(day)
        elif day and subscriptions:
            days[day].update(subscriptions)
    return Changes(dict(days), months, everything=any(day is None for day, _ in rows))


def logged() -> int:
    """Return the number of rows in the log."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["logged"])
        (rows,) = cursor.fetchone()
    return int(rows)


def users_in_month(month: date, *, least: Decimal | None = None) -> list[int]:
    """Return the subscriptions with usage in a month.

    With `least` (the operator's currency), only those that paid at least so much for one usage type, or for all.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SQL["users_in_month"], {"month": month, "least": least})
        (subscriptions,) = cursor.fetchone()
    return subscriptions or []
