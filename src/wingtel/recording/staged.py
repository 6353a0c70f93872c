"""The one way in: many usage records at once, by COPY into a staging table and a few set-based statements.

Everything happens in one transaction, in the same order in every session (new subscriptions, partitions,
data, voice; rows by their keys), so that sessions that record at the same time wait for each other and never
deadlock.
"""

from collections.abc import Sequence

from django.db import DataError, connection, transaction
from django.db.backends.utils import CursorWrapper

from wingtel import sql
from wingtel.usage import partitions
from wingtel.usage.models import UsageType

from .entries import NamedBy, Recorded, Refusal, UsageEntry

_SQL = sql.statements(__package__, "sql/staged.sql")
_COPY_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def record_usage(entries: Sequence[UsageEntry], *, named_by: NamedBy, create_subscriptions: bool = False) -> Recorded:
    """Record `entries`, whose subscriptions are named by `named_by`; say what became of each.

    An entry with the reference, moment and subscription of one that is recorded already (or stands earlier in
    `entries`) is a duplicate and changes nothing, even where its amount differs. An entry whose subscription
    is unknown or names several is refused. With `create_subscriptions`, unknown ones are created with the
    carrier of the first entry that names them. When the database cannot take an entry (a sum would leave the
    range of its type), that entry alone is refused.

    Raises ValueError when subscriptions are to be created by their id.
    """
    if create_subscriptions and named_by is NamedBy.ID:
        raise ValueError("a subscription cannot be created by its id: the database gives it")
    if not entries:
        return Recorded()
    try:
        with transaction.atomic():
            return _record(entries, named_by, create_subscriptions)
    except DataError as error:
        if len(entries) == 1:
            reason = f"the database refuses it: {str(error).splitlines()[0]}"
            return Recorded(refused=[Refusal(entries[0].position, "quantity", reason)])
    half = len(entries) // 2
    return record_usage(entries[:half], named_by=named_by, create_subscriptions=create_subscriptions) + record_usage(
        entries[half:], named_by=named_by, create_subscriptions=create_subscriptions
    )


def _record(entries: Sequence[UsageEntry], named_by: NamedBy, create_subscriptions: bool) -> Recorded:
    with connection.cursor() as cursor:
        _stage(cursor, entries)
        _resolve_subscriptions(cursor, named_by, create_subscriptions)
        refused = _refusals(cursor, named_by)
        cursor.execute(_SQL["days"])
        partitions.ensure(day for (day,) in cursor.fetchall())
        accepted = sum(_store(cursor, usage_type) for usage_type in (UsageType.DATA, UsageType.VOICE))
        cursor.execute(_SQL["unstage"])
    return Recorded(accepted, len(entries) - len(refused) - accepted, refused)


def _stage(cursor: CursorWrapper, entries: Sequence[UsageEntry]) -> None:
    cursor.execute(_SQL["stage"])
    with cursor.copy(_SQL["copy"]) as copy:
        copy.write("".join(map(_copy_line, entries)))
    cursor.execute(_SQL["analyze"])


def _copy_line(entry: UsageEntry) -> str:
    position, usage_type, record_id, moment, subscription, carrier, quantity, price = entry
    return (
        f"{position}\t{usage_type.value}\t{record_id.translate(_COPY_ESCAPES)}\t{moment.isoformat()}\t"
        f"{subscription.translate(_COPY_ESCAPES)}\t{carrier}\t{quantity}\t{price:f}\n"
    )


def _resolve_subscriptions(cursor: CursorWrapper, named_by: NamedBy, create: bool) -> None:
    resolve = _SQL[f"resolve_by_{named_by.value}"]
    cursor.execute(resolve)
    if create:
        cursor.execute(_SQL["forget_unknown"])
        if cursor.rowcount:
            cursor.execute(_SQL["lock_creation"])
            cursor.execute(resolve)  # again, behind the lock: another session may have created some meanwhile
            cursor.execute(_SQL[f"create_by_{named_by.value}"])
            cursor.execute(_SQL["forget_unknown"])
            cursor.execute(resolve)


def _refusals(cursor: CursorWrapper, named_by: NamedBy) -> list[Refusal]:
    cursor.execute(_SQL["unresolved"])
    return [
        Refusal(position, named_by.value, _why_unresolved(named_by, name, candidates))
        for position, name, candidates in cursor.fetchall()
    ]


def _why_unresolved(named_by: NamedBy, name: str, candidates: int) -> str:
    if candidates == 0:
        return f"unknown {named_by.words} {name}"
    return f"ambiguous {named_by.words} {name}: {candidates} current subscriptions have it"


def _store(cursor: CursorWrapper, usage_type: UsageType) -> int:
    cursor.execute(_SQL[f"store_{usage_type.value}"])
    return int(cursor.rowcount)
