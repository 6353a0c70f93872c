"""Writer of batches: binary COPY into the days' partitions, and the count in the same transaction.

All functions run in the caller's transaction, after `begin`. Records have the columns of a batch, subscription_id,
source, and `day`, the business day of usage_date.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pgpq
import polars as pl
import psycopg
import pyarrow as pa
from django.db import connection

from wingtel import sql
from wingtel.aggregates import strategies
from wingtel.aggregates.stored import can_merge
from wingtel.aggregates.strategies import Strategy
from wingtel.usage.models import RECORD_MODELS, UsageType
from wingtel.usage.ranges import PRICE_DECIMALS, PRICE_DIGITS

from .batch import KEY, PRICES, SAME_REFERENCE, Origin, days_of

_SQL = sql.statements(__package__, "sql/writer.sql")

BY_PARTITION = 20_000
"""Records from which on several days are copied partition by partition: it is faster, but other writers wait."""
_MERGED = 500
"""Records from which on the count is worth a plan of its own."""
_SLICE = 8_192
_ARROW = pa.schema(
    {
        "record_id": pa.string(),
        "usage_date": pa.timestamp("us", "UTC"),
        "subscription_id": pa.int64(),
        "price": pa.decimal128(PRICE_DIGITS, PRICE_DECIMALS),
        "quantity": pa.int64(),
        "source": pa.int64(),
        "position": pa.int64(),
    }
)
DIFFERENT: dict[str, pl.DataType | type[pl.DataType]] = {
    "position": pl.Int64,
    "stored_quantity": pl.Int64,
    "stored_price": PRICES,
}
"""Columns of the result of `new_or_different`."""
_COPIED = ["record_id", "usage_date", "subscription_id", "price", "quantity", "source"]
_STAGED = ["record_id", "usage_date", "subscription_id", "price", "quantity", "position"]


@dataclass(frozen=True)
class WriteContext:
    """Strategy that is active until the transaction ends, and the id of the batch, if it has an origin.

    With `has_partition_lock`, no other batch is written partition by partition until then.
    """

    strategy: Strategy
    batch: int | None
    has_partition_lock: bool


def begin(records: int, origin: Origin | None) -> WriteContext:
    """Take the locks of a writer of so many records, and create the batch, in one round trip."""
    shares_lock = records < BY_PARTITION
    names = ["lock_tables", "strategy", *["share_partition_lock"] * shares_lock, *["create_batch"] * bool(origin)]
    with connection.cursor() as cursor:
        cursor.execute(";\n".join(_SQL[name] for name in names), _batch_row(origin) if origin else None)
        found = [cursor.fetchone() for _ in names[1:] if cursor.nextset()]
    if found[0] is None:
        raise RuntimeError("no strategy is active: the database has not been migrated")
    return WriteContext(strategies.named(found[0][0]), found[-1][0] if origin else None, shares_lock)


def create_batch(origin: Origin) -> int:
    """Create the row of a batch, and return its id. See IngestBatch."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["create_batch"], _batch_row(origin))
        (batch,) = cursor.fetchone()
    return int(batch)


def _batch_row(origin: Origin) -> dict[str, str | int]:
    return {
        "origin": origin.kind,
        "reference": origin.reference,
        "name": origin.name,
        "first_line": origin.first_line,
    }


def write(records: pl.DataFrame, context: WriteContext) -> None:
    """Store records whose partitions exist, and count them.

    Raises IntegrityError when a record is stored already or a partition is missing, and DataError when the database
    rejects a record. The caller has to roll back then.
    """
    by_partition = records["day"].n_unique() > 1 and records.height >= BY_PARTITION
    if not context.has_partition_lock:
        with connection.cursor() as cursor:
            cursor.execute(_SQL["take_partition_lock" if by_partition else "share_partition_lock"])
    for kind, rows in by_type(records):
        _write_type(kind, records, _in_order_of_keys(records, rows), by_partition=by_partition)
    if context.strategy.count_recorded and records.height:
        _count(records, context.strategy)


def by_type(records: pl.DataFrame) -> Iterator[tuple[UsageType, pl.Series]]:
    """Yield each usage type of the records and its rows. The records themselves would be in memory twice."""
    kinds = records["usage_type"]
    if kinds.n_unique() == 1:
        yield UsageType(kinds[0]), pl.int_range(records.height, dtype=pl.UInt32, eager=True)
        return
    for kind in RECORD_MODELS:
        rows = records.select(pl.arg_where(pl.col("usage_type") == str(kind))).to_series()
        if len(rows):
            yield kind, rows


def new_or_different(kind: UsageType, records: pl.DataFrame) -> pl.DataFrame:
    """Compare records of one usage type with the stored ones, by `position`, which has to be unique.

    Return a row for each record that is not stored (stored_quantity and stored_price are null), and for each that is
    stored with another amount.
    """
    return _compared("new_or_different", kind, records, timedelta())


def new_or_of_another_time(kind: UsageType, records: pl.DataFrame) -> pl.DataFrame:
    """Compare records as `new_or_different` does, with those stored within SAME_REFERENCE of them.

    A record that is stored with another timestamp is different. There has to be one record of each reference and
    subscription. No other session may compare until the transaction ends: see `lock_references`.
    """
    return _compared("new_or_of_another_time", kind, records, SAME_REFERENCE)


def lock_references() -> None:
    """Lock the storage of records with `one_per_reference` until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["lock_references"])


def _compared(statement: str, kind: UsageType, records: pl.DataFrame, around: timedelta) -> pl.DataFrame:
    _stage(records)
    bounds: dict[str, Any] = {
        "first": records["usage_date"].min(),
        "last": records["usage_date"].max(),
        "least": records["record_id"].min(),
        "most": records["record_id"].max(),
        "around": around,
    }
    with connection.cursor() as cursor:
        cursor.execute(_statement(statement, kind), bounds)
        rows = cursor.fetchall()
    return pl.DataFrame(rows, schema=DIFFERENT, orient="row")


def replace(kind: UsageType, records: pl.DataFrame) -> None:
    """Replace the amounts of stored records with those of records of one usage type, by their keys."""
    _stage(records)
    with connection.cursor() as cursor:
        cursor.execute(_statement("replace", kind))


def keep_conflicts(conflicts: pl.DataFrame) -> None:
    """Store conflicts: records with stored_quantity and stored_price."""
    columns = ("usage_type", *KEY, "stored_quantity", "stored_price", "quantity", "price", "source")
    with connection.cursor() as cursor:
        cursor.execute(_SQL["keep_conflicts"], {name: conflicts[name].to_list() for name in columns})


def _statement(name: str, kind: UsageType) -> str:
    model = RECORD_MODELS[kind]
    return _SQL[name].replace("{table}", model._meta.db_table).replace("{quantity}", model.quantity)


def _write_type(kind: UsageType, records: pl.DataFrame, rows: pl.Series, *, by_partition: bool) -> None:
    if len(days := days_of(records)) == 1:
        _copy(_copy_into(kind, days[0]), records[_COPIED], rows)
    elif by_partition:
        row_days = records["day"].gather(rows)
        for day in row_days.unique().sort():
            _copy(_copy_into(kind, day), records[_COPIED], rows.filter(row_days == day))
    else:
        _copy(_statement("copy", kind), records[_COPIED], rows)


def _copy_into(kind: UsageType, day: date) -> str:
    partition = connection.ops.quote_name(f"{RECORD_MODELS[kind]._meta.db_table}_{day:%Y%m%d}")
    return _SQL["copy"].replace("{table}", partition).replace("{quantity}", RECORD_MODELS[kind].quantity)


def _in_order_of_keys(records: pl.DataFrame, rows: pl.Series) -> pl.Series:
    """Return the rows in the order of their keys, so that sessions that store the same records do not deadlock."""
    if records["record_id"].gather(rows).is_sorted():
        return rows
    return rows.gather(records.select(KEY)[rows].select(pl.arg_sort_by(*KEY)).to_series())


def _stage(records: pl.DataFrame) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SQL["stage"])
    _copy(_SQL["copy_staged"], records[_STAGED], pl.int_range(records.height, dtype=pl.UInt32, eager=True))


def _copy(statement: str, records: pl.DataFrame, rows: pl.Series) -> None:
    """Send rows of all columns by COPY."""
    schema = pa.schema([_ARROW.field(column) for column in records.columns])
    encoder = pgpq.ArrowToPostgresBinaryEncoder(schema)
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        pending = [encoder.write_header()]
        for start in range(0, len(rows), _SLICE):
            table = records[rows[start : start + _SLICE]].to_arrow(compat_level=pl.CompatLevel.oldest()).cast(schema)
            pending += map(encoder.write_batch, table.to_batches())
            if start + _SLICE < len(rows):
                copy.write(b"".join(pending))
                pending.clear()
        copy.write(b"".join([*pending, encoder.finish()]))


def _count(records: pl.DataFrame, strategy: Strategy) -> None:
    """Count records for a strategy without triggers."""
    session: psycopg.Connection[Any] = connection.connection
    recorded, parameters = _recorded(records)
    many = strategy.count_many_recorded
    if many and records.height >= _MERGED and can_merge():
        with suppress(psycopg.errors.UniqueViolation), session.transaction(), psycopg.Cursor(session) as cursor:
            cursor.execute(_SQL["in_order"])
            cursor.execute("\n".join((recorded, many, _SQL["counted"])), parameters)
            cursor.execute(_SQL["in_any_order"])
            return
    with psycopg.Cursor(session) as cursor, connection.wrap_database_errors:
        cursor.execute("\n".join((recorded, strategy.count_recorded, _SQL["counted"])), parameters)


def _recorded(records: pl.DataFrame) -> tuple[str, dict[str, str]]:
    """Return the first part of the statement that counts records, and its parameters."""
    kinds = records["usage_type"]
    if kinds.n_unique() > 1:
        return _SQL["recorded_of_several"], _arrays(records)
    parameters = _arrays(records) | {"usage_type": str(kinds[0])}
    if records["day"].n_unique() > 1:
        return _SQL["recorded"], parameters
    return _SQL["recorded_on_a_day"], parameters | {"usage_date": str(records["usage_date"][0])}


def _arrays(records: pl.DataFrame) -> dict[str, str]:
    """Return columns as the texts of PostgreSQL arrays."""
    columns = {
        "usage_type": pl.col("usage_type").cast(pl.String),
        "subscription": pl.col("subscription_id").cast(pl.String),
        "usage_date": pl.col("usage_date").dt.to_string("%Y-%m-%dT%H:%M:%S%.6fZ"),
        "quantity": pl.col("quantity").cast(pl.String),
        "price": pl.col("price").cast(pl.String),
    }
    joined = records.select(expression.str.join(",").alias(name) for name, expression in columns.items())
    return {name: f"{{{text}}}" for name, text in joined.row(0, named=True).items()}
