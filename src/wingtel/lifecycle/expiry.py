"""Expiry of raw records: those of sealed days past their retention, and only those."""

import time
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.db import connection

from wingtel import sql
from wingtel.db.retry import LOCK_RETRY_SECONDS, LockHeldError, retry_on_lock
from wingtel.usage import partitions
from wingtel.usage.models import UsageDay

from .batch_result import BatchResult
from .reconciliation import DaySums, NotProvenError, RawSums, prove

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


def _prove(day: date) -> int:
    """Prove a sealed day. Return the number of times that it had been reopened by then.

    Raises ExpiryRejectedError if its raw records are not as sealed, or its aggregates differ.
    """
    sealed = UsageDay.objects.filter(day=day).first()
    if sealed is None or sealed.state != UsageDay.State.SEALED:
        raise ExpiryRejectedError(f"{day} is {sealed.state if sealed else 'unknown'}, not sealed")
    try:
        sums = prove(day)
    except NotProvenError as error:
        raise ExpiryRejectedError(str(error)) from error
    _compare(day, sums, _sealed_sums(sealed))
    return sealed.reopened


def _sealed_sums(day: UsageDay) -> DaySums:
    return {each.usage_type: RawSums(each.records, each.used, each.price, each.fingerprint) for each in day.sums.all()}


def _compare(day: date, found: DaySums, sealed: DaySums) -> None:
    nothing = RawSums(0, Decimal(0), Decimal(0), Decimal(0))
    for usage_type, sums in found.items():
        expected = sealed.get(usage_type, nothing)
        for name, value, former in zip(RawSums._fields, sums, expected, strict=True):
            if value != former:
                raise ExpiryRejectedError(
                    f"{day} is not what it was sealed with: {name} of {usage_type} is {value} and was {former}, so raw"
                    " records were changed past the triggers; change any of them again, which opens the day, and seal"
                    " it"
                )


def _drop_with_retry(day: date, reopened: int) -> None:
    """Drop the partitions of a day that was proven, unless a write has reopened it since."""
    try:
        retry_on_lock(lambda: _drop(day, reopened), _SQL["lock_timeout"], give_up=time.monotonic() + LOCK_RETRY_SECONDS)
    except LockHeldError as error:
        raise ExpiryRejectedError(f"{day}: {error}") from error
    partitions.forget(day)


def _drop(day: date, reopened: int) -> None:
    # Another session may have dropped the partitions, so that they cannot be locked.
    if not UsageDay.objects.filter(day=day, state=UsageDay.State.SEALED).exists():
        raise ExpiryRejectedError(f"{day} is not sealed any more")
    with connection.cursor() as cursor:
        cursor.execute(_SQL["lock"], {"day": day})
        cursor.execute(_SQL["state"], {"day": day, "reopened": reopened})
        (is_unchanged,) = cursor.fetchone()
        if not is_unchanged:
            raise ExpiryRejectedError(f"{day} was written to after it was proven")
        cursor.execute(_SQL["expire"], {"day": day})
