"""Storing many entries by COPY: several times as fast as INSERT, but one duplicate among them refuses them all."""

from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from operator import lt
from typing import Any, NamedTuple

import psycopg
from django.db import connection, transaction

from wingtel import sql
from wingtel.aggregates import strategies
from wingtel.aggregates.stored import MERGE_SINCE
from wingtel.aggregates.strategies import Strategy
from wingtel.database.arrays import array
from wingtel.usage.models import UsageType

from . import resolving
from .columns import Columns, copy_texts, moment_texts
from .entries import Naming
from .stored import Stored

_Session = psycopg.Connection[Any]
_SQL = sql.statements(__package__, "sql/copy.sql")
_CHUNK = 2_000
"""Rows sent at a time: the server takes them while the next are written."""
_MANY = 500
"""Records from which on counting them is worth a plan of its own."""


class _Rows(NamedTuple):
    """Entries as columns of what the database reads."""

    record_ids: Sequence[str]
    moments: Sequence[str]
    subscriptions: Sequence[str]
    prices: Sequence[str]
    quantities: Sequence[str]

    @property
    def size(self) -> int:
        return len(self.record_ids)

    def at(self, indexes: Sequence[int]) -> "_Rows":
        if indexes == range(self.size):
            return self
        return _Rows(*([column[index] for index in indexes] for column in self))

    def parameters(self, prefix: str = "") -> dict[str, str]:
        """All but the references, as arrays."""
        return {
            f"{prefix}subscription": array(self.subscriptions),
            f"{prefix}usage_date": array(self.moments),
            f"{prefix}quantity": array(self.quantities),
            f"{prefix}price": array(self.prices),
        }


def store(columns: Columns, naming: Naming) -> Stored:
    """Store all of `columns` whose subscription is known, in one transaction.

    Raises IntegrityError, and stores nothing, when one is a duplicate or a partition is missing; DataError when the
    database cannot take an entry.
    """
    with transaction.atomic(), connection.cursor() as cursor, connection.wrap_database_errors:
        session: _Session = cursor.connection
        with session.pipeline(), psycopg.Cursor(session) as lock, psycopg.Cursor(session) as asking:
            lock.execute(_SQL["lock"])
            asking.execute(*resolving.question(columns, naming))
            # Written while the database looks up subscriptions.
            record_ids, moments = copy_texts(columns.record_ids), moment_texts(columns.moments)
            prices, quantities = list(map(str, columns.prices)), list(map(str, columns.quantities))
            resolved = resolving.understood(asking.fetchall()[0], columns.subscriptions, naming)
        rows = _Rows(record_ids, moments, list(map(str, resolved.ids)), prices, quantities)
        data, voice = map(rows.at, _parted(columns, resolved))
        _copy(session, _SQL["copy_data"], data)
        _copy(session, _SQL["copy_voice"], voice)
        _count(session, data, voice, strategies.named(resolved.strategy), is_of_one_day=resolved.is_of_one_day)
    return Stored(data.size + voice.size, resolved.unresolved)


def _parted(columns: Columns, resolved: resolving.Resolved) -> tuple[Sequence[int], Sequence[int]]:
    """Which entries are to be stored as data, and which as voice.

    Each in the order of their keys, so that sessions which store the same wait for each other instead of deadlocking.
    """
    indexes: Sequence[int] = range(columns.size)
    if not all(map(lt, columns.record_ids, columns.record_ids[1:])):  # not as a carrier numbers them
        keys = list(zip(columns.record_ids, columns.moments, resolved.ids, strict=True))
        indexes = sorted(indexes, key=keys.__getitem__)
    if resolved.unresolved:
        unresolved = {index for index, _ in resolved.unresolved}
        indexes = [index for index in indexes if index not in unresolved]
    types = columns.usage_types
    if types.count(UsageType.DATA) == columns.size:
        return indexes, ()
    if types.count(UsageType.VOICE) == columns.size:
        return (), indexes
    return [i for i in indexes if types[i] == UsageType.DATA], [i for i in indexes if types[i] != UsageType.DATA]


def _copy(session: _Session, statement: str, rows: _Rows) -> None:
    if not rows.size:
        return
    lines = map("\t".join, zip(*rows, strict=True))
    with psycopg.Cursor(session) as cursor, cursor.copy(statement) as copy:
        while chunk := "\n".join(islice(lines, _CHUNK)):
            copy.write(chunk + "\n")


def _count(session: _Session, data: _Rows, voice: _Rows, strategy: Strategy, *, is_of_one_day: bool) -> None:
    if not strategy.count_recorded or not data.size + voice.size:
        return
    recorded, parameters = _recorded(data, voice, is_of_one_day=is_of_one_day)
    many = strategy.count_many_recorded
    if many and data.size + voice.size >= _MANY and session.info.server_version >= MERGE_SINCE:
        with suppress(psycopg.errors.UniqueViolation), session.transaction(), psycopg.Cursor(session) as cursor:
            cursor.execute(_SQL["in_order"])
            cursor.execute("\n".join((recorded, many, _SQL["counted"])), parameters)
            cursor.execute(_SQL["in_any_order"])
            return
    with psycopg.Cursor(session) as cursor:
        cursor.execute("\n".join((recorded, strategy.count_recorded, _SQL["counted"])), parameters)


def _recorded(data: _Rows, voice: _Rows, *, is_of_one_day: bool) -> tuple[str, dict[str, str]]:
    """What was copied, as the beginning of the statement that counts it."""
    if data.size and voice.size:
        return _SQL["recorded_of_both"], data.parameters("data_") | voice.parameters("voice_")
    rows, usage_type = (data, UsageType.DATA) if data.size else (voice, UsageType.VOICE)
    parameters = {"usage_type": usage_type.value} | rows.parameters()
    if not is_of_one_day:
        return _SQL["recorded"], parameters
    return _SQL["recorded_on_a_day"], parameters | {"usage_date": rows.moments[0]}
