"""Whose usage has changed: for those who look at what changed since they looked last.

Writers note it only while somebody watches, in the transaction that changes the aggregates: what is committed late is
seen when it is committed, and nothing is missed. There is one watcher.
"""

import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db import connection

from wingtel import sql
from wingtel.usage.waiting import PATIENCE_SECONDS, patiently

_SQL = sql.statements(__package__, "sql/changes.sql")


@dataclass(frozen=True)
class ChangedDay:
    """Subscriptions whose usage of one business day changed.

    Of those `stored`, the ones `beyond` had a price of the month that left its ceiling, or something taken away; the
    others paid more, below ceilings that stand as they were. Of those `unfolded`, the change is not stored yet.
    """

    stored: set[int] = field(default_factory=set)
    beyond: set[int] = field(default_factory=set)
    unfolded: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Changes:
    """Subscriptions by the business day on which their usage changed; months (by their first day) for everybody.

    `everything` means that anything may have changed.
    """

    days: dict[date, ChangedDay]
    months: list[date]
    everything: bool


def is_watching() -> bool:
    """Tell whether changes are noted."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["is_watching"])
        (watching,) = cursor.fetchone()
    return bool(watching)


def watch(*, patience: float = PATIENCE_SECONDS) -> None:
    """Let every change be noted that is committed after this. Whatever came before is not.

    Waits for those who are changing aggregates; raises wingtel.usage.waiting.StillHeldError when they go on for
    `patience` seconds.
    """

    def work() -> None:
        with connection.cursor() as cursor:
            cursor.execute(_SQL["watch"])

    patiently(work, _SQL["patience"], give_up=time.monotonic() + patience)


def unwatch() -> None:
    """Note changes no more, and forget those that were not taken."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["unwatch"])


def take(*, since: datetime | None) -> Changes:
    """Return what has changed since the last call, at `since`; it is told again if the transaction is not committed.

    Raises django.db.utils.ProgrammingError above READ COMMITTED.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SQL["require_read_committed"], {"what": "looking at changes"})
        cursor.execute(_SQL["take"], {"since": since})
        rows: list[tuple[date | None, list[int] | None, list[int], bool]] = cursor.fetchall()
    days: defaultdict[date, ChangedDay] = defaultdict(ChangedDay)
    for day, subscriptions, beyond, is_unfolded in rows:
        if day and subscriptions is not None:
            (days[day].unfolded if is_unfolded else days[day].stored).update(subscriptions)
            days[day].beyond.update(beyond)
    return Changes(
        days=dict(days),
        months=sorted({day for day, subscriptions, *_ in rows if day and subscriptions is None}),
        everything=any(day is None for day, *_ in rows),
    )


def waiting() -> int:
    """Return the number of notes that wait to be taken."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["waiting"])
        (notes,) = cursor.fetchone()
    return int(notes)


def users_in_month(month: date, *, least: Decimal | None = None) -> list[int]:
    """Every subscription with usage in a month.

    With `least` (the operator's currency), only those who may come to so much for one usage type or for both while
    their ceilings stand as they are.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SQL["users_in_month"], {"month": month, "least": least})
        (subscriptions,) = cursor.fetchone()
    return subscriptions or []
