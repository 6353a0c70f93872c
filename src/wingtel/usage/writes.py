"""Statements by which the models write raw records.

Django's statement runs first, with the condition that change events are disabled: one round trip, in which the planner
drops the condition. If they are enabled, it wrote nothing, and a statement that returns its changes runs instead. Both
read the state under the lock of their own write, so it cannot change meanwhile.
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

from .change_events import UsageChange, emit, probably_enabled, remember

if TYPE_CHECKING:
    from .models import UsageRecord

_SQL = sql.statements(__package__, "sql/queries.sql")
_EVENTS_DISABLED = "NOT usage_change_events_enabled()"

# The functions below use parts of Django's queries and compilers that its type stubs leave out: `query` is a
# django.db.models.sql query of the kind in the function's name.

Statement = tuple[str, Sequence[Any]]
"""SQL and its parameters."""

Key = tuple[str, datetime, int]
"""Primary key: record id, timestamp and subscription."""


def insert(query: Any, using: str, conflict: str = "") -> int | None:
    """Insert as Django does, unless change events are enabled. Return the rows inserted, or None if they are.

    `conflict` is the statement's ON CONFLICT clause.
    """
    if probably_enabled(using):
        return None
    statement, params = _insert_statement(query, using)
    rows, values, row = statement.partition(" VALUES ")
    if values and len(query.objs) > 1:
        return None  # in a SELECT, VALUES of several rows would have other types
    if values:
        rows = f"{rows} SELECT {row[1:-1]}"
    if conflict or not values:
        return _write_unless_enabled(using, f"{rows} WHERE {_EVENTS_DISABLED} {conflict}", params)
    with connections[using].cursor() as cursor:  # the row count says whether the one record was inserted
        cursor.execute(f"{rows} WHERE {_EVENTS_DISABLED}", params)
        return cursor.rowcount or None


def insert_with_events(query: Any, using: str, conflict: str = "") -> int:
    """Insert and emit change events, in one transaction. Return the rows inserted."""
    statement, params = _insert_statement(query, using)
    if len(query.objs) == 1 and not conflict:
        return _insert_one_with_events(query.model, using, statement, params)
    inserted, _ = _write_with_events(query.model, using, "insert", params, write=f"{statement} {conflict}")
    return inserted


def update(query: Any, using: str) -> int:
    """Update the rows of `query`, and emit change events if they are enabled. Return the rows matched."""
    try:
        written = _write_unless_enabled(using, *_unless_enabled(query, using))
        if written is not None:
            return written
        with transaction.atomic(using, savepoint=False):
            return _update_with_events(query, using)
    except EmptyResultSet:
        return 0


def delete(query: Any, using: str) -> int:
    """Delete the rows of `query`, and emit change events if they are enabled. Return the rows deleted."""
    deleting = query.clone()
    deleting.__class__ = DeleteQuery
    try:
        written = _write_unless_enabled(using, *_unless_enabled(deleting, using))
        if written is not None:
            return written
        with transaction.atomic(using, savepoint=False):
            return _delete_with_events(query, using)
    except EmptyResultSet:
        return 0


def _insert_one_with_events(model: "type[UsageRecord]", using: str, statement: str, params: Sequence[Any]) -> int:
    returning = _SQL["insert_one"].format(quantity=connections[using].ops.quote_name(model.quantity))
    with transaction.atomic(using, savepoint=False), connections[using].cursor() as cursor:
        cursor.execute(f"{statement}\n{returning}", params)
        enabled, *change = cursor.fetchone()
        remember(using, enabled=enabled)
        if enabled:
            emit(model, using, [UsageChange(*change)])
    return 1


def _update_with_events(query: Any, using: str) -> int:
    where, where_params = _where(query, using)
    assigning: Any = UpdateQuery(query.model)  # without condition and joins
    assigning.values = query.values
    statement, params = assigning.get_compiler(using).as_sql()
    matched, missed = _write_with_events(
        query.model, using, "update", [*where_params, *params, *where_params], write=statement, where=where
    )
    return matched + (_update_with_events(_only(query, missed), using) if missed else 0)


def _delete_with_events(query: Any, using: str) -> int:
    where, params = _where(query, using)
    deleted, missed = _write_with_events(query.model, using, "delete", [*params, *params], where=where)
    return deleted + (_delete_with_events(_only(query, missed), using) if missed else 0)


def _write_unless_enabled(using: str, write: str, params: Sequence[Any]) -> int | None:
    """Run a write that does nothing if change events are enabled. Return the rows written, or None if they are."""
    if probably_enabled(using):
        return None
    with transaction.mark_for_rollback_on_error(using), connections[using].cursor() as cursor:
        cursor.execute(_SQL["write_unless_enabled"].format(write=write), params)
        enabled, written = cursor.fetchone()
    remember(using, enabled=enabled)
    return None if enabled else int(written)


def _write_with_events(
    model: "type[UsageRecord]", using: str, block: str, params: Sequence[Any], **parts: str
) -> tuple[int, list[Key]]:
    """Run a write, and emit its changes if events are still enabled. Return the rows written, and the keys missed."""
    quote = connections[using].ops.quote_name
    parts |= {"table": quote(model._meta.db_table), "quantity": quote(model.quantity)}
    with transaction.atomic(using, savepoint=False), connections[using].cursor() as cursor:
        cursor.execute(_SQL["write_with_changes"].format(write=_SQL[block].format(**parts)), params)
        rows = cursor.fetchall()
        enabled, written, *missed = rows[0][:5]
        remember(using, enabled=enabled)
        if enabled:
            emit(model, using, [_change(*row[5:]) for row in rows if row[5] is not None])
    return written, [] if missed[0] is None else list(zip(*missed, strict=True))


def _change(subscription_id: int, day: date, used: Decimal, price: Decimal, records: int) -> UsageChange:
    return UsageChange(subscription_id, day, int(used), price, records)


def _insert_statement(query: Any, using: str) -> Statement:
    [(statement, params)] = query.get_compiler(using).as_sql()
    return statement, params


def _unless_enabled(query: Any, using: str) -> Statement:
    """Return Django's statement for `query`, with the condition that change events are disabled."""
    conditional = query.clone()
    conditional.where.add(ExtraWhere([_EVENTS_DISABLED], ()), AND)
    statement, params = conditional.get_compiler(using).as_sql()
    return statement, params


def _where(query: Any, using: str) -> Statement:
    """Return the condition of `query` on the raw table alone: as in Django's UPDATE, joins become a subquery."""
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
    """Return `query`, narrowed to some keys."""
    narrowed = query.clone()
    narrowed.add_filter("pk__in", keys)
    return narrowed
