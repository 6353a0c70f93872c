"""The statements by which the models write raw records.

Each is tried as Django has it, with the condition that writers need not announce: one round trip, in which the planner
drops the condition. Where they must, the statement wrote nothing, and one that returns what it changed is run instead.
Both learn what the database asks for under the lock of their own write, so neither can be overtaken by a change of it.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db import connections, transaction
from django.db.models.sql import AND, DeleteQuery, UpdateQuery
from django.db.models.sql.where import ExtraWhere

from wingtel import sql

from .change_events import UsageChange, announce, probably_asked, remember

if TYPE_CHECKING:
    from .models import UsageRecord

_SQL = sql.statements(__package__, "sql/queries.sql")
_NOBODY_ASKS = "NOT usage_writers_announce()"

# What follows works on Django's queries and compilers, whose inner parts its type stubs leave out: `query` is a
# django.db.models.sql query of the kind that the function's name says.

Statement = tuple[str, Sequence[Any]]
"""SQL and its parameters."""

Key = tuple[str, datetime, int]
"""Record id, moment and subscription: the primary key."""


def insert(query: Any, using: str, conflict: str = "") -> int | None:
    """Insert as Django would; the rows inserted, or None where writers announce and so nothing was inserted.

    `conflict` is the statement's ON CONFLICT clause.
    """
    if probably_asked(using):
        return None
    statement, params = _insert_statement(query, using)
    rows, values, row = statement.partition(" VALUES ")
    if values and len(query.objs) > 1:
        return None  # as part of a SELECT, VALUES of several rows would take types of their own
    if values:
        rows = f"{rows} SELECT {row[1:-1]}"
    if conflict or not values:
        return _unannounced(using, f"{rows} WHERE {_NOBODY_ASKS} {conflict}", params)
    with connections[using].cursor() as cursor:  # the one record says by itself whether it was inserted
        cursor.execute(f"{rows} WHERE {_NOBODY_ASKS}", params)
        return cursor.rowcount or None


def insert_announced(query: Any, using: str, conflict: str = "") -> int:
    """Insert and announce, in one transaction; the rows inserted."""
    statement, params = _insert_statement(query, using)
    if len(query.objs) == 1 and not conflict:
        return _insert_one_announced(query.model, using, statement, params)
    inserted, _ = _announced(query.model, using, "insert", params, write=f"{statement} {conflict}")
    return inserted


def update(query: Any, using: str) -> int:
    """Update the rows of `query`, announcing the changes where writers must; the rows matched."""
    try:
        written = _unannounced(using, *_if_nobody_asks(query, using))
        if written is not None:
            return written
        with transaction.atomic(using, savepoint=False):
            return _update_announced(query, using)
    except EmptyResultSet:
        return 0


def delete(query: Any, using: str) -> int:
    """Delete the rows of `query`, announcing the changes where writers must; the rows deleted."""
    deleting = query.clone()
    deleting.__class__ = DeleteQuery
    try:
        written = _unannounced(using, *_if_nobody_asks(deleting, using))
        if written is not None:
            return written
        with transaction.atomic(using, savepoint=False):
            return _delete_announced(query, using)
    except EmptyResultSet:
        return 0


def _insert_one_announced(model: "type[UsageRecord]", using: str, statement: str, params: Sequence[Any]) -> int:
    returning = _SQL["insert_one"].format(quantity=connections[using].ops.quote_name(model.quantity))
    with transaction.atomic(using, savepoint=False), connections[using].cursor() as cursor:
        cursor.execute(f"{statement}\n{returning}", params)
        asked, *change = cursor.fetchone()
        remember(using, asked=asked)
        if asked:
            announce(model, using, [UsageChange(*change)])
    return 1


def _update_announced(query: Any, using: str) -> int:
    where, where_params = _where(query, using)
    assigning: Any = UpdateQuery(query.model)  # without condition and joins
    assigning.values = query.values
    statement, params = assigning.get_compiler(using).as_sql()
    matched, missed = _announced(
        query.model, using, "update", [*where_params, *params, *where_params], write=statement, where=where
    )
    return matched + (_update_announced(_only(query, missed), using) if missed else 0)


def _delete_announced(query: Any, using: str) -> int:
    where, params = _where(query, using)
    deleted, missed = _announced(query.model, using, "delete", [*params, *params], where=where)
    return deleted + (_delete_announced(_only(query, missed), using) if missed else 0)


def _unannounced(using: str, write: str, params: Sequence[Any]) -> int | None:
    """Run a write that does nothing where writers announce; the rows written, or None where they do."""
    if probably_asked(using):
        return None
    with transaction.mark_for_rollback_on_error(using), connections[using].cursor() as cursor:
        cursor.execute(_SQL["unannounced"].format(write=write), params)
        asked, written = cursor.fetchone()
    remember(using, asked=asked)
    return None if asked else int(written)


def _announced(
    model: "type[UsageRecord]", using: str, block: str, params: Sequence[Any], **parts: str
) -> tuple[int, list[Key]]:
    """Run a write and announce what it changed, if the database still asks; the rows written, and the keys missed."""
    quote = connections[using].ops.quote_name
    parts |= {"table": quote(model._meta.db_table), "quantity": quote(model.quantity)}
    with transaction.atomic(using, savepoint=False), connections[using].cursor() as cursor:
        cursor.execute(_SQL["announced"].format(write=_SQL[block].format(**parts)), params)
        rows = cursor.fetchall()
        asked, written, *missed = rows[0][:5]
        remember(using, asked=asked)
        if asked:
            announce(model, using, [_change(*row[5:]) for row in rows if row[5] is not None])
    return written, [] if missed[0] is None else list(zip(*missed, strict=True))


def _change(subscription_id: int, day: date, used: Decimal, price: Decimal, records: int) -> UsageChange:
    return UsageChange(subscription_id, day, int(used), price, records)


def _insert_statement(query: Any, using: str) -> Statement:
    [(statement, params)] = query.get_compiler(using).as_sql()
    return statement, params


def _if_nobody_asks(query: Any, using: str) -> Statement:
    """Django's statement for `query`, with the condition that writers need not announce."""
    conditional = query.clone()
    conditional.where.add(ExtraWhere([_NOBODY_ASKS], ()), AND)
    statement, params = conditional.get_compiler(using).as_sql()
    return statement, params


def _where(query: Any, using: str) -> Statement:
    """The condition of `query` on the raw table alone: as Django does for an UPDATE, joins become a subquery."""
    filtered = query.chain(UpdateQuery)
    filtered.clear_select_clause()
    compiler = filtered.get_compiler(using)
    compiler.pre_sql_setup()
    try:
        where, params = compiler.compile(filtered.where)
    except FullResultSet:
        return "true", ()
    return where, params


def _only(query: Any, keys: Sequence[Key]) -> Any:
    """`query`, narrowed to some keys."""
    narrowed = query.clone()
    narrowed.add_filter("pk__in", keys)
    return narrowed
