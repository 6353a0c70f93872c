"""Expiry of raw records: those of sealed days past their retention, and only those."""

import time
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db import connection

from wingtel import sql
from wingtel.db.retry import LOCK_RETRY_SECONDS, LockHeldError, retry_on_lock
from wingtel.usage import partitions
from wingtel.usage.models import UsageDay

from .batch_result import BatchResult
from .reconciliation import DayTotals, NotProvenError, prove

_SQL = sql.statements(__package__, "sql/expiry.sql")


class ExpiryRejectedError(Exception):
    """A day whose raw records were not dropped; the message says why."""


def expire_due() -> BatchResult:
    """Drop the raw records of the sealed days that are older than WINGTEL_RETENTION_DAYS.

    A day that may not expire, or whose tables are always in use, does not keep others from expiring.
    """
    return BatchResult.of(expire, due(), ExpiryRejectedError)


def due() -> list[date]:
    """Return the sealed days past their retention."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["due"], {"retention_days": settings.WINGTEL_RETENTION_DAYS})
        return [day for (day,) in cursor.fetchall()]


def expire(day: date) -> None:
    """Drop the partitions of a sealed business day, and mark it as expired in the same transaction.

    Before, its aggregates are proven once more, key by key, and its raw records are compared with the seal. Any write
    since the proof prevents the drop. Writers and readers go first: it waits only briefly for its locks, and tries
    again.

    Raises ExpiryRejectedError if the day is not sealed, an aggregate differs from its sources, or the tables are always
    in use.
    """
    _drop_with_retry(day, _prove(day))


@dataclass(frozen=True)
class _Proof:
    """Totals of a day when it was proven, and the number of times that it had been reopened by then."""

    totals: DayTotals
    reopened: int


def _prove(day: date) -> _Proof:
    """Prove a sealed day. Raise ExpiryRejectedError if its raw records are not as sealed, or its aggregates differ."""
    sealed = UsageDay.objects.filter(day=day).first()
    if sealed is None or sealed.state != UsageDay.State.SEALED:
        raise ExpiryRejectedError(f"{day} is {sealed.state if sealed else 'unknown'}, not sealed")
    try:
        totals = prove(day)
    except NotProvenError as error:
        raise ExpiryRejectedError(str(error)) from error
    for name, found in totals._asdict().items():
        kept = getattr(sealed, name)
        if kept not in {None, found}:  # a day sealed before fingerprints were kept has none
            raise ExpiryRejectedError(
                f"{day} is not what it was sealed with: {name} is {found} and was {kept}, so raw records were changed"
                " while triggers were disabled; update one of them, which opens the day, and seal it again"
            )
    return _Proof(totals, sealed.reopened)


def _drop_with_retry(day: date, proof: _Proof) -> None:
    """Drop the partitions of a day that was proven, unless a write has reopened it since."""
    try:
        retry_on_lock(lambda: _drop(day, proof), _SQL["lock_timeout"], give_up=time.monotonic() + LOCK_RETRY_SECONDS)
    except LockHeldError as error:
        raise ExpiryRejectedError(f"{day}: {error}") from error
    partitions.forget(day)


def _drop(day: date, proof: _Proof) -> None:
    # Another session may have dropped the partitions, so that they cannot be locked.
    if not UsageDay.objects.filter(day=day, state=UsageDay.State.SEALED).exists():
        raise ExpiryRejectedError(f"{day} is not sealed any more")
    with connection.cursor() as cursor:
        cursor.execute(_SQL["lock"], {"day": day})
        cursor.execute(_SQL["state"], {"day": day, "reopened": proof.reopened})
        (is_unchanged,) = cursor.fetchone()
        if not is_unchanged:
            raise ExpiryRejectedError(f"{day} was written to after it was proven")
        cursor.execute(_SQL["expire"], {"day": day} | proof.totals._asdict())
