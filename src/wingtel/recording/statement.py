"""Storing entries by one statement, which also tells duplicates."""

from contextlib import AbstractContextManager, nullcontext
from datetime import date
from typing import Any

import psycopg
from django.db import connection, transaction

from wingtel import sql
from wingtel.aggregates import strategies
from wingtel.database.arrays import array, text_array

from .columns import Columns, moment_texts
from .entries import NamedBy, Naming
from .stored import Stored

_SQL = sql.statements(__package__, "sql/record.sql")
_ATTEMPTS = 20
"""Each follows a switch of strategies that was waited for."""


class _Belief:
    strategy = strategies.NAMES[0]
    """The strategy that the last statement of this process found: asking first would cost a round trip."""


def store(columns: Columns, naming: Naming) -> Stored:
    """Store all of `columns` that is no duplicate, whoever stores the same now.

    Raises DataError when the database cannot take an entry, IntegrityError when a partition is missing.
    """
    resolved, parameters = _resolved(columns, naming)
    for _ in range(_ATTEMPTS):
        believed = _Belief.strategy
        count = strategies.named(believed).count_recorded
        statement = "\n".join((resolved, _SQL["store"], count, _SQL["outcome"]))
        with _undone_when_it_fails():
            ((found, accepted, unresolved, duplicates),) = _rows(
                statement, parameters | {"strategy": believed}, keep=columns.size == 1
            )
        if found == believed:
            return Stored(
                accepted,
                [(number - 1, candidates) for number, candidates in unresolved or ()],
                [number - 1 for number in duplicates or ()],
            )
        _Belief.strategy = found
    raise RuntimeError(f"nothing was recorded: {_ATTEMPTS} attempts met a switch of strategies")


def days(columns: Columns, naming: Naming) -> list[date]:
    """The business days of those of `columns` that have a subscription."""
    resolved, parameters = _resolved(columns, naming)
    return [day for (day,) in _rows(resolved + _SQL["days"], parameters)]


def _resolved(columns: Columns, naming: Naming) -> tuple[str, dict[str, str | None]]:
    """The beginning of a statement about `columns`, and its parameters."""
    is_one = columns.size == 1
    named = (
        _SQL["named_by_id"] if naming.by is NamedBy.ID else _SQL["named_by_text"].replace("{column}", naming.by.value)
    )
    parameters = (_of_one(columns) if is_one else _of_many(columns)) | {"carrier": naming.carrier}
    return _SQL["one_entry" if is_one else "entries"] + named, parameters


def _of_one(columns: Columns) -> dict[str, str]:
    """A single entry, value by value."""
    ((usage_type, moment, subscription, quantity, price, record_id, _),) = zip(*columns, strict=True)
    return {
        "usage_type": str(usage_type),
        "record_id": record_id,
        "usage_date": moment.isoformat(),
        "subscription": str(subscription),
        "quantity": str(quantity),
        "price": str(price),
    }


def _of_many(columns: Columns) -> dict[str, str]:
    """Many entries, column by column, as PostgreSQL writes an array: psycopg would write it value by value."""
    return {
        "usage_type": array(columns.usage_types),
        "record_id": text_array(columns.record_ids),
        "usage_date": array(moment_texts(columns.moments)),
        "subscription": text_array(list(map(str, columns.subscriptions))),
        "quantity": array(map(str, columns.quantities)),
        "price": array(map(str, columns.prices)),
    }


def _rows(statement: str, parameters: dict[str, str | None], *, keep: bool = False) -> list[tuple[Any, ...]]:
    # Django's cursor writes the parameters into the text; psycopg's own sends them beside it and can keep the plan.
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        psycopg.Cursor(cursor.connection) as bare,
    ):
        return bare.execute(statement, parameters, prepare=keep).fetchall()


def _undone_when_it_fails() -> AbstractContextManager[Any]:
    # By itself a statement is a transaction: one round trip instead of three.
    return nullcontext() if connection.get_autocommit() else transaction.atomic()
