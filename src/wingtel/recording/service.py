"""The one way in: usage records are checked, stored and counted in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import psycopg
from django.db import DataError, IntegrityError, OperationalError, connection

from wingtel.subscriptions.models import Carrier
from wingtel.usage import partitions
from wingtel.usage.business_days import time_zone
from wingtel.usage.models import new_record_id

from . import copying, statement
from .checks import refusals
from .columns import Columns
from .creating import create_unknown
from .entries import NamedBy, Naming, Recorded, Refusal, UsageEntry
from .stored import Stored

_ATTEMPTS = 20
"""Each follows a deadlock, a partition made, or duplicates found."""


def record_usage(
    entries: Iterable[UsageEntry],
    *,
    named_by: NamedBy = NamedBy.ID,
    create_subscriptions: bool = False,
    checked: bool = False,
    carrier: Carrier | None = None,
) -> Recorded:
    """Record `entries`, whose subscriptions are named by `named_by`; say what became of each.

    An entry with the reference, moment and subscription of one that is recorded already (or stands earlier in
    `entries`) is a duplicate and changes nothing, even where its amount differs. An entry with a value out of range,
    of a day that takes none (`partitions.ensure` says which), or whose subscription is unknown or names several, is
    refused; with `checked`, the caller has seen to the ranges. With a `carrier`, subscriptions of others are unknown.
    With `create_subscriptions`, unknown subscriptions are created with the carrier of the first entry that names them.
    When the database refuses an entry all the same, that entry alone is refused.

    All is committed together, unless entries have to be taken apart to find the one that the database cannot
    take; wrap the call in `transaction.atomic()` to be sure. Under a transaction isolation above READ COMMITTED,
    a switch of strategies in the middle of the transaction goes unnoticed.

    Raises ValueError when subscriptions are to be created by their id.
    """
    if create_subscriptions and named_by is NamedBy.ID:
        raise ValueError("a subscription cannot be created by its id: the database gives it")
    batch = [entry if entry.record_id else entry._replace(record_id=new_record_id()) for entry in entries]
    if not batch:
        return Recorded()
    columns = Columns.of(batch)
    refused = [] if checked else refusals(columns, named_by, create_subscriptions)
    wrong = {refusal.position for refusal in refused}
    indexes = [index for index in range(len(batch)) if index not in wrong] if wrong else range(len(batch))
    if create_subscriptions:
        create_unknown(columns.at(indexes) if wrong else columns, named_by)
    return Recorded(refused=refused) + _record(columns, indexes, Naming(named_by, carrier))


def _record(columns: Columns, indexes: Sequence[int], naming: Naming) -> Recorded:
    """Record the entries of `columns` at `indexes`; halve them when the database cannot take one."""
    if not indexes:
        return Recorded()
    try:
        stored = _stored(columns if len(indexes) == columns.size else columns.at(indexes), naming)
    except partitions.RefusedDaysError as error:
        return _without_days(columns, indexes, naming, error.reasons)
    except DataError as error:
        if len(indexes) == 1:
            return Recorded(refused=[Refusal(indexes[0], *_why_untakeable(error))])
        half = len(indexes) // 2
        return _record(columns, indexes[:half], naming) + _record(columns, indexes[half:], naming)
    return Recorded(
        stored.accepted,
        [indexes[position] for position in stored.duplicates],
        [
            Refusal(index, naming.by.value, _why_unresolved(naming.by, columns.subscriptions[index], candidates))
            for index, candidates in ((indexes[position], candidates) for position, candidates in stored.unresolved)
        ],
    )


def _without_days(columns: Columns, indexes: Sequence[int], naming: Naming, reasons: Mapping[date, str]) -> Recorded:
    """Record the entries of other days than those that are refused."""
    zone = time_zone()
    days = {index: columns.moments[index].astimezone(zone).date() for index in indexes}
    refused = [Refusal(index, "moment", reasons[day]) for index, day in days.items() if day in reasons]
    kept = [index for index, day in days.items() if day not in reasons]
    return Recorded(refused=refused) + _record(columns, kept, naming)


def _stored(columns: Columns, naming: Naming) -> Stored:
    """Store what can be, and make the partitions it needs. Raises DataError when the database cannot take an entry."""
    by_copy = columns.size > 1 and not _Expected.duplicates
    for _ in range(_ATTEMPTS):
        try:
            return copying.store(columns, naming) if by_copy else _by_statement(columns, naming)
        except IntegrityError as error:
            if isinstance(error.__cause__, psycopg.errors.CheckViolation):
                days = statement.days(columns, naming)
                partitions.forget(*days)  # another process may have let one expire
                partitions.ensure(days)
            elif by_copy and isinstance(error.__cause__, psycopg.errors.UniqueViolation):
                by_copy = False
            else:
                raise
        except OperationalError as error:
            if not (connection.get_autocommit() and isinstance(error.__cause__, psycopg.errors.DeadlockDetected)):
                raise
    raise RuntimeError(f"nothing was recorded: {_ATTEMPTS} attempts met a deadlock")


class _Expected:
    duplicates = False
    """Whether the last entries of this process had some: a file sent again is full of them, and COPY is in vain."""


def _by_statement(columns: Columns, naming: Naming) -> Stored:
    stored = statement.store(columns, naming)
    if columns.size > 1:
        _Expected.duplicates = bool(stored.duplicates)
    return stored


def _why_untakeable(error: DataError) -> tuple[str, str]:
    message = str(error).splitlines()[0]
    return "price" if "numeric" in message else "quantity", f"the database refuses it: {message}"


def _why_unresolved(named_by: NamedBy, name: str | int, candidates: int) -> str:
    if candidates == 0:
        return f"unknown {named_by.words} {name}"
    return f"ambiguous {named_by.words} {name}: {candidates} current subscriptions have it"
