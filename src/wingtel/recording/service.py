"""The one way in: usage records by one statement, counted by it or by what the active strategy installed."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from django.db import DataError, IntegrityError, OperationalError, connection, transaction

from wingtel import sql
from wingtel.aggregates import strategies
from wingtel.usage import partitions
from wingtel.usage.models import new_record_id

from . import columns
from .checks import refusals
from .creating import create_unknown
from .entries import NamedBy, Recorded, Refusal, UsageEntry

_SQL = sql.statements(__package__, "sql/record.sql")
_ATTEMPTS = 20
"""Each follows a switch of strategies that was waited for, a deadlock, or a partition made."""


def record_usage(
    entries: Iterable[UsageEntry],
    *,
    named_by: NamedBy = NamedBy.ID,
    create_subscriptions: bool = False,
    checked: bool = False,
) -> Recorded:
    """Record `entries`, whose subscriptions are named by `named_by`; say what became of each.

    An entry with the reference, moment and subscription of one that is recorded already (or stands earlier in
    `entries`) is a duplicate and changes nothing, even where its amount differs. An entry with a value out of range, or
    whose subscription is unknown or names several, is refused; with `checked`, the caller has seen to the ranges. With
    `create_subscriptions`, unknown subscriptions are created with the carrier of the first entry that names them.
    When the database cannot take an entry (a sum would leave the range of its type), that entry alone is refused.

    All is committed together, unless entries have to be taken apart to find the one that the database cannot
    take; wrap the call in `transaction.atomic()` to be sure. Under a transaction isolation above READ COMMITTED,
    a switch of strategies in the middle of the transaction goes unnoticed.

    Raises ValueError when subscriptions are to be created by their id.
    """
    if create_subscriptions and named_by is NamedBy.ID:
        raise ValueError("a subscription cannot be created by its id: the database gives it")
    batch = [entry if entry.record_id else entry._replace(record_id=new_record_id()) for entry in entries]
    refused = [] if checked else refusals(batch, named_by, create_subscriptions)
    wrong = {refusal.position for refusal in refused}
    indexes = [index for index in range(len(batch)) if index not in wrong] if wrong else range(len(batch))
    if create_subscriptions:
        create_unknown((batch[index] for index in indexes), named_by)
    return Recorded(refused=refused) + _record(batch, indexes, named_by)


def _record(batch: list[UsageEntry], indexes: Sequence[int], named_by: NamedBy) -> Recorded:
    """Record the entries of `batch` at `indexes`; halve them when the database cannot take one."""
    if not indexes:
        return Recorded()
    entries = batch if len(indexes) == len(batch) else [batch[index] for index in indexes]
    try:
        stored = _Statement(entries, named_by).run()
    except DataError as error:
        if len(indexes) == 1:
            return Recorded(refused=[Refusal(indexes[0], *_why_untakeable(error))])
        half = len(indexes) // 2
        return _record(batch, indexes[:half], named_by) + _record(batch, indexes[half:], named_by)
    return Recorded(
        stored.accepted,
        [indexes[number - 1] for number in stored.duplicates or ()],
        [
            Refusal(indexes[number - 1], named_by.value, _why_unresolved(named_by, entries[number - 1], candidates))
            for number, candidates in stored.unresolved or ()
        ],
    )


def _why_untakeable(error: DataError) -> tuple[str, str]:
    message = str(error).splitlines()[0]
    return "price" if "numeric" in message else "quantity", f"the database refuses it: {message}"


def _why_unresolved(named_by: NamedBy, entry: UsageEntry, candidates: int) -> str:
    if candidates == 0:
        return f"unknown {named_by.words} {entry.subscription}"
    return f"ambiguous {named_by.words} {entry.subscription}: {candidates} current subscriptions have it"


@dataclass(frozen=True)
class _Stored:
    """What the statement tells; entries are numbered from 1."""

    strategy: str
    accepted: int
    unresolved: list[tuple[int, int]] | None
    duplicates: list[int] | None


class _Statement:
    """The statement that records some entries, made for the strategy that is believed to be active."""

    _believed = strategies.NAMES[0]
    """The strategy that the last statement of this process found: asking first would cost a round trip."""

    def __init__(self, entries: Sequence[UsageEntry], named_by: NamedBy) -> None:
        self.is_one = len(entries) == 1
        self.parameters = columns.of_one(entries[0]) if self.is_one else columns.of_many(entries)
        by_id = named_by is NamedBy.ID
        self.resolved = _SQL["one_entry" if self.is_one else "entries"] + (
            _SQL["named_by_id"] if by_id else _SQL["named_by_text"].replace("{column}", named_by.value)
        )

    def run(self) -> _Stored:
        """Run it until it was made for the strategy there is, and the partitions it needs are there.

        Raises DataError when the database cannot take an entry.
        """
        for _ in range(_ATTEMPTS):
            believed = self._believed
            try:
                with _undone_when_it_fails():
                    stored = self._stored(believed)
            except IntegrityError as error:
                if not isinstance(error.__cause__, psycopg.errors.CheckViolation):
                    raise
                partitions.ensure(self._days())
            except OperationalError as error:
                if not (connection.get_autocommit() and isinstance(error.__cause__, psycopg.errors.DeadlockDetected)):
                    raise
            else:
                if stored.strategy == believed:
                    return stored
                type(self)._believed = stored.strategy
        raise RuntimeError(f"nothing was recorded: {_ATTEMPTS} attempts met a switch of strategies or a deadlock")

    def _stored(self, strategy: str) -> _Stored:
        count = strategies.named(strategy).count_recorded
        statement = "\n".join((self.resolved, _SQL["store"], count, _SQL["outcome"]))
        (row,) = self._rows(statement, self.parameters | {"strategy": strategy})
        return _Stored(*row)

    def _days(self) -> list[date]:
        return [day for (day,) in self._rows(self.resolved + _SQL["days"], self.parameters)]

    def _rows(self, statement: str, parameters: dict[str, str]) -> list[tuple[Any, ...]]:
        # Django's cursor writes the parameters into the text; psycopg's own sends them beside it and can keep the plan.
        with (
            connection.cursor() as cursor,
            connection.wrap_database_errors,
            psycopg.Cursor(cursor.connection) as bare,
        ):
            return bare.execute(statement, parameters, prepare=self.is_one).fetchall()


def _undone_when_it_fails() -> AbstractContextManager[Any]:
    # By itself a statement is a transaction: one round trip instead of three.
    return nullcontext() if connection.get_autocommit() else transaction.atomic()
