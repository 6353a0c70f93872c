"""A single record in one statement: one round trip resolves, stores and counts it."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import psycopg
from django.db import connection, transaction

from wingtel import sql
from wingtel.aggregates import strategies
from wingtel.subscriptions.carriers import country_of
from wingtel.subscriptions.identifiers import normalise
from wingtel.usage.provenance import BATCH_LINES

from .batch import IngestOptions, Lookup

_SQL = sql.statements(__package__, "sql/record.sql")
_STORE = _SQL["store"].replace("{batch_lines}", str(BATCH_LINES))
_ATTEMPTS = 20
"""Most attempts. Each follows a switch of strategies."""


class _LastStrategy:
    name = strategies.NAMES[0]
    """The strategy that the last statement of this process found: a query for it would cost a round trip."""


def write(record: Mapping[str, Any], options: IngestOptions) -> bool:
    """Store a record. Return False if it is stored already, or has no subscription.

    Raises IntegrityError when its partition is missing, and DataError when the database rejects it.
    """
    by = _SQL["by_id" if options.lookup is Lookup.ID else "by_identifier"]
    try:
        parameters = _parameters(record, options)
    except ValueError:  # the identifier is not of its kind
        return False
    for _ in range(_ATTEMPTS):
        assumed = _LastStrategy.name
        statement = "\n".join((_SQL["record"], by, _STORE, strategies.named(assumed).count_recorded, _SQL["outcome"]))
        with _savepoint():
            active, is_stored = _row(statement, parameters | {"strategy": assumed})
        if active == assumed:
            return is_stored
        _LastStrategy.name = active
    raise RuntimeError(f"nothing was ingested: {_ATTEMPTS} attempts met a switch of strategies")


def _parameters(record: Mapping[str, Any], options: IngestOptions) -> dict[str, str | None]:
    origin = options.origin
    texts = {name: str(record[name]) for name in ("usage_type", "record_id", "quantity")}
    return texts | {
        "identifier": _normal_form(record, options),
        "kind": None if options.lookup is Lookup.ID else options.lookup.kind.value,
        "usage_date": record["usage_date"].isoformat(),
        "price": f"{record['price']:f}",
        "carrier": options.carrier,
        "origin": origin and origin.kind.value,
        "reference": origin and origin.reference,
        "name": origin and origin.name,
        "first_line": origin and str(origin.first_line),
    }


def _normal_form(record: Mapping[str, Any], options: IngestOptions) -> str:
    identifier = str(record["identifier"])
    if options.lookup is Lookup.ID:
        return identifier
    return normalise(options.lookup.kind, identifier, country_of(record["carrier"] or options.carrier))


def _row(statement: str, parameters: Mapping[str, str | None]) -> tuple[str, bool]:
    # Django's cursor writes the parameters into the text. psycopg's own sends them apart, and can reuse the plan.
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        psycopg.Cursor(cursor.connection) as bare,
    ):
        ((strategy, is_stored),) = bare.execute(statement, parameters, prepare=True).fetchall()
        return strategy, is_stored


def _savepoint() -> AbstractContextManager[Any]:
    # With autocommit the statement is a transaction by itself: one round trip instead of three.
    return nullcontext() if connection.get_autocommit() else transaction.atomic()
