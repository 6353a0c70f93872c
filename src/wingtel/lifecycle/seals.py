"""Seals of business days: aggregates proven equal to the raw records. Any change of these reopens the day."""

import time
from datetime import date
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from wingtel import sql
from wingtel.aggregates import rebuild, strategies
from wingtel.aggregates.differences import Difference
from wingtel.db.locks import advisory_lock
from wingtel.db.retry import LOCK_RETRY_SECONDS, LockHeldError, retry_on_lock
from wingtel.usage.models import UsageDay

from .batch_result import BatchResult
from .reconciliation import DaySums, NotProvenError, prove

_SQL = sql.statements(__package__, "sql/seals.sql")


class SealRejectedError(Exception):
    """A day that was not sealed; the message says why. `differences` are the keys that are wrong."""

    def __init__(self, reason: str, differences: list[Difference] | None = None) -> None:
        super().__init__(reason)
        self.differences = differences or []


def seal(day: date) -> UsageDay:
    """Prove the aggregates of a business day equal to its sources, and seal it with the sums of its raw records.

    First, triggers make every write to the day's raw records reopen it. Then it is compared, while writers go on. It is
    sealed at the end if no write reopened it meanwhile. So no record comes between the proof and the seal, and a later
    one is noticed. A day that is sealed already stays as it is.

    Raises SealRejectedError if the day is not over, has no raw records (any more), does not reconcile, or is
    written to all the time.
    """
    with advisory_lock(f"seal {day}", wait=False) as is_locked:
        if not is_locked:
            raise SealRejectedError(f"{day} is being sealed by another session")
        if not _start_sealing(day):
            return UsageDay.objects.get(day=day)
        try:
            _finish(day, _prove(day))
        except SealRejectedError:
            _execute("open", day)
            raise
    return UsageDay.objects.get(day=day)


def seal_due() -> BatchResult:
    """Seal the days that have been over for WINGTEL_SEAL_AFTER_DAYS.

    A day that does not reconcile stays open, with its reason in the result. It does not keep others from being sealed.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SQL["due"], {"after": settings.WINGTEL_SEAL_AFTER_DAYS})
        due = [day for (day,) in cursor.fetchall()]
    return BatchResult.of(seal, due, SealRejectedError)


def _start_sealing(day: date) -> bool:
    """Mark the day as being sealed. Return False if it is sealed already, and need not be proven."""
    try:
        return retry_on_lock(lambda: _mark(day), _SQL["lock_timeout"], give_up=time.monotonic() + LOCK_RETRY_SECONDS)
    except LockHeldError as error:
        raise SealRejectedError(f"{day} is being written to: {error}") from error


def _mark(day: date) -> bool:
    known = UsageDay.objects.filter(day=day).first()
    if known is None:
        raise SealRejectedError(f"{day} has no raw records")
    if known.state == UsageDay.State.EXPIRED:
        raise SealRejectedError(f"{day} has expired: its raw records are gone, and it was sealed before")
    with connection.cursor() as cursor:
        if known.state != UsageDay.State.SEALED:
            cursor.execute(_SQL["attach_triggers"], {"day": day})
        cursor.execute(_SQL["state"], {"day": day})
        state, is_over = cursor.fetchone()
        if state == UsageDay.State.SEALED:
            return False
        if not is_over:
            raise SealRejectedError(f"{day} is not over yet")
        cursor.execute(_SQL["sealing"], {"day": day})
    return True


def _prove(day: date) -> DaySums:
    strategy = strategies.active()
    if not (strategy and strategy.stores):
        with transaction.atomic():
            rebuild.lock()
            rebuild.store_day(day)
    try:
        return prove(day)
    except NotProvenError as error:
        raise SealRejectedError(str(error), error.differences) from error


def _finish(day: date, sums: DaySums) -> None:
    records, used, prices, fingerprints = map(list, zip(*sums.values(), strict=True))
    columns = {"records": records, "used": used, "prices": prices, "fingerprints": fingerprints}
    if not _execute("seal", day, usage_types=list(sums), **columns):
        raise SealRejectedError(f"{day} was written to while it was proven: seal it again")


def _execute(statement: str, day: date, **parameters: list[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_SQL[statement], {"day": day, **parameters})
        return int(cursor.rowcount)
