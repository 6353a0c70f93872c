"""Letting raw records go: those of sealed days past their retention, and only those."""

import time
from datetime import date

from django.conf import settings
from django.db import connection

from wingtel import sql
from wingtel.usage import partitions
from wingtel.usage.models import UsageDay
from wingtel.usage.waiting import PATIENCE_SECONDS, StillHeldError, patiently

from .days_done import DaysDone
from .reconciling import seal_differences

_SQL = sql.statements(__package__, "sql/expiring.sql")


class ExpiryRefusedError(Exception):
    """The day's raw records were not dropped; the message says why."""


def expire_due() -> DaysDone:
    """Drop the raw records of the sealed days that are older than WINGTEL_RETENTION_DAYS.

    A day that may not go, or whose tables are in use all the time, keeps no other from going.
    """
    return DaysDone.by(expire, due(), ExpiryRefusedError)


def due() -> list[date]:
    """The sealed days past their retention."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["due"], {"retention_days": settings.WINGTEL_RETENTION_DAYS})
        return [day for (day,) in cursor.fetchall()]


def expire(day: date) -> None:
    """Drop the partitions of a sealed business day in one transaction with the note that it expired.

    Its aggregates have to add up to what it was sealed with. Whoever writes or reads goes first: the locks that it
    takes are waited for but briefly, and again.

    Raises ExpiryRefusedError when the day is not sealed, its aggregates have changed since, or its tables are in use
    all the time.
    """
    _prove(day)
    _let_go(day)


def _prove(day: date) -> None:
    """Raise ExpiryRefusedError unless the aggregates add up to the seal."""
    if wrong := seal_differences(day, day, UsageDay.State.SEALED):
        raise ExpiryRefusedError(
            f"{day} is not what it was sealed with: the aggregates of {wrong[0].usage_type} say {wrong[0].found}, the"
            f" seal and the adjustments {wrong[0].expected}; see `wingtel reconcile --from {day} --to {day}`"
        )


def _let_go(day: date) -> None:
    """Drop the partitions of a day that was proven, unless a write has opened it since."""
    try:
        patiently(lambda: _drop(day), _SQL["patience"], give_up=time.monotonic() + PATIENCE_SECONDS)
    except StillHeldError as error:
        raise ExpiryRefusedError(f"{day}: {error}") from error
    partitions.forget(day)


def _drop(day: date) -> None:
    state = UsageDay.objects.filter(day=day).values_list("state", flat=True).first()
    if state != UsageDay.State.SEALED:
        raise ExpiryRefusedError(f"{day} is {state or 'unknown'}, not sealed")
    with connection.cursor() as cursor:
        cursor.execute(_SQL["lock"], {"day": day})
        cursor.execute(_SQL["state"], {"day": day})
        (state,) = cursor.fetchone()
        if state != UsageDay.State.SEALED:
            raise ExpiryRefusedError(f"{day} is {state}, not sealed")
        cursor.execute(_SQL["expire"], {"day": day})
