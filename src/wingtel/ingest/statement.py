"""A single record in one statement: one round trip resolves, stores and counts it."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import psycopg
from django.db import DataError, IntegrityError, OperationalError, connection, transaction

from wingtel import sql
from wingtel.aggregates import strategies
from wingtel.subscriptions.carriers import countries, country_of
from wingtel.subscriptions.identifiers import normalise
from wingtel.usage.models import new_record_id
from wingtel.usage.provenance import BATCH_LINES
from wingtel.usage.ranges import LARGEST_PRICE, LARGEST_QUANTITY, PRICE_DECIMALS

from .batch import IngestOptions, Lookup, OnDuplicate
from .inputs import UsageRecordInput
from .validation import LONGEST_REFERENCE

_SQL = sql.statements(__package__, "sql/record.sql")
_STORE = _SQL["store"].replace("{batch_lines}", str(BATCH_LINES))
_ATTEMPTS = 20
"""Most attempts. Each follows a switch of strategies."""


class _LastStrategy:
    name = strategies.NAMES[0]
    """Strategy that the last statement of this process found: a query for it would cost a round trip."""


def write(record: UsageRecordInput, options: IngestOptions) -> bool:
    """Store an ordinary record whose values have the right types. Return False if nothing was stored.

    Then the record breaks a rule, is stored already, has no subscription or partition, or needs more than a statement:
    a batch of it has the reason. Raises OperationalError when the connection is lost.
    """
    try:
        return _is_ordinary(record, options) and _write(record, options)
    except (ValueError, IntegrityError, DataError):
        return False
    except OperationalError as error:
        if isinstance(error.__cause__, psycopg.errors.DeadlockDetected) and connection.get_autocommit():
            return False
        raise


def _is_ordinary(record: UsageRecordInput, options: IngestOptions) -> bool:
    """Return True if a record surely keeps all rules of `validation`."""
    identifier = str(record.identifier)
    return (
        options.on_duplicate is OnDuplicate.IGNORE
        and not (options.one_per_reference or options.create_subscriptions)
        and record.carrier in ("", *countries())
        and record.price is not None
        and 0 <= record.price <= LARGEST_PRICE
        and 0 <= record.quantity <= LARGEST_QUANTITY
        and len(record.record_id) <= LONGEST_REFERENCE
        and "\0" not in record.record_id + identifier
        and len(identifier) <= options.lookup.longest
        and (options.lookup is not Lookup.ID or (identifier.isascii() and identifier.isdecimal()))
        and 1 < record.usage_date.year < 9999
    )


def _write(record: UsageRecordInput, options: IngestOptions) -> bool:
    by = _SQL["by_id" if options.lookup is Lookup.ID else "by_identifier"]
    parameters = _parameters(record, options)
    for _ in range(_ATTEMPTS):
        assumed = _LastStrategy.name
        statement = "\n".join((_SQL["record"], by, _STORE, strategies.named(assumed).count_recorded, _SQL["outcome"]))
        with _savepoint():
            active, is_stored = _row(statement, parameters | {"strategy": assumed})
        if active == assumed:
            return is_stored
        _LastStrategy.name = active
    raise RuntimeError(f"nothing was ingested: {_ATTEMPTS} attempts met a switch of strategies")


def _parameters(record: UsageRecordInput, options: IngestOptions) -> dict[str, str | None]:
    lookup, origin = options.lookup, options.origin
    identifier = str(record.identifier)
    batch = (origin.kind.value, origin.reference, origin.name, str(origin.first_line)) if origin else [None] * 4
    if lookup is not Lookup.ID:
        identifier = normalise(lookup.kind, identifier, country_of(record.carrier or options.carrier))
    return {
        "usage_type": str(record.usage_type),
        "record_id": record.record_id or new_record_id(),
        "usage_date": record.usage_date.isoformat(),
        "quantity": str(record.quantity),
        "price": f"{record.price:.{PRICE_DECIMALS}f}",
        "identifier": identifier,
        "kind": None if lookup is Lookup.ID else lookup.kind.value,
        "carrier": options.carrier,
        **dict(zip(("origin", "reference", "name", "first_line"), batch, strict=True)),
    }


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
