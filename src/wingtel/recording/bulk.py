"""The way in for whole columns of records: by binary COPY into the days' partitions, counted in the same transaction.

Everything here runs in the caller's transaction, after `begin`. The columns of `records` are usage_type (of
USAGE_TYPES), record_id, moment (UTC), day (the business day of the moment), subscription_id, price, quantity and
position, which numbers them.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pgpq
import polars as pl
import pyarrow as pa
from django.db import connection

from wingtel import sql
from wingtel.aggregates import strategies
from wingtel.aggregates.populate import populate
from wingtel.aggregates.strategies import Strategy
from wingtel.usage.models import DataUsageRecord, UsageType, VoiceUsageRecord

_SQL = sql.statements(__package__, "sql/bulk.sql")
_MODELS = {UsageType.DATA: DataUsageRecord, UsageType.VOICE: VoiceUsageRecord}
_BATCH_ROWS = 8_192
_PROBES = 100

KEY = ("record_id", "moment", "subscription_id")
"""With the usage type, what makes two records the same."""
_AMOUNTS = ("price", "quantity")
USAGE_TYPES = pl.Enum(UsageType.values)
_ARROW = pa.schema(
    {
        "record_id": pa.string(),
        "moment": pa.timestamp("us", "UTC"),
        "subscription_id": pa.int64(),
        "price": pa.decimal128(14, 4),
        "quantity": pa.int64(),
        "usage_type": pa.string(),
        "position": pa.int64(),
    }
)


def begin(*, days: int) -> Strategy:
    """Take the locks of a writer on so many business days; return the strategy that runs until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["begin"])
        cursor.execute(_SQL["together" if days <= 1 else "one_at_a_time"])
    strategy = strategies.active()
    if strategy is None:
        raise RuntimeError("no strategy is active: the database has not been migrated")
    return strategy


def store(records: pl.DataFrame, strategy: Strategy) -> None:
    """Store records, whose partitions exist, and count them.

    Raises IntegrityError when one is stored already, DataError when the database cannot take one; nothing can be done
    then but to roll back.
    """
    for kind, rows in _by_kind(records):
        ordered = _in_order_of_keys(records, rows)
        days = records["day"].gather(ordered)
        for day in days.unique().sort():
            _copy_to_partition(kind, day, records, ordered.filter(days == day))
    if strategy.count_recorded and records.height:
        _stage(records)
        with connection.cursor() as cursor:
            cursor.execute("\n".join((_SQL["count"], strategy.count_recorded, _SQL["counted"])))


def looks_known(records: pl.DataFrame) -> bool:
    """Whether one of a sample is stored already."""
    sampled = ((kind, rows.gather_every(len(rows) // _PROBES + 1)) for kind, rows in _by_kind(records))
    return any(_is_any_known(kind, records[rows]) for kind, rows in sampled)


def without_known(records: pl.DataFrame) -> pl.DataFrame:
    """Those that are not stored yet."""
    positions = [_new(kind, records, rows) for kind, rows in _by_kind(records)]
    if not any(map(len, positions)):
        return records.clear()
    return records.filter(pl.col("position").is_in(pl.concat(positions).implode()))


def replace(records: pl.DataFrame, strategy: Strategy) -> pl.Series:
    """Let records take the place of those stored, where amounts differ; return the positions of those that did."""
    _stage(records)
    replaced: list[int] = []
    for kind, _ in _by_kind(records):
        statement = _for(kind, "replace").replace("{quantity}", _MODELS[kind].quantity)
        with connection.cursor() as cursor:
            cursor.execute(statement, {"usage_type": str(kind)})
            replaced += [position for (position,) in cursor.fetchall()]
    positions = pl.Series("position", replaced, dtype=pl.Int64)
    if replaced and strategy.stores and not strategy.counts_sql:
        for day in records.filter(pl.col("position").is_in(positions.implode()))["day"].unique().sort():
            populate(day, day)
    return positions


def _by_kind(records: pl.DataFrame) -> Iterator[tuple[UsageType, pl.Series]]:
    """Which rows are data, and which voice: rows rather than records, which would be there twice."""
    for kind in _MODELS:
        rows = records.select(pl.arg_where(pl.col("usage_type") == str(kind))).to_series()
        if len(rows):
            yield kind, rows


def _in_order_of_keys(records: pl.DataFrame, rows: pl.Series) -> pl.Series:
    """So that sessions which store the same wait in one direction."""
    if records["record_id"].gather(rows).is_sorted():
        return rows
    return rows.gather(records.select(KEY)[rows].select(pl.arg_sort_by(*KEY)).to_series())


def _for(kind: UsageType, statement: str) -> str:
    return _SQL[statement].replace("{table}", _MODELS[kind]._meta.db_table)


def _copy_to_partition(kind: UsageType, day: date, records: pl.DataFrame, rows: pl.Series) -> None:
    partition = connection.ops.quote_name(f"{_MODELS[kind]._meta.db_table}_{day:%Y%m%d}")
    _copy(_SQL[f"copy_{kind}"].replace("{partition}", partition), records.select(*KEY, *_AMOUNTS), rows)


def _stage(records: pl.DataFrame) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SQL["stage_records"])
    staged = records.select(*KEY, *_AMOUNTS, pl.col("usage_type").cast(pl.String), "position")
    _copy(_SQL["copy_records"], staged, pl.int_range(staged.height, dtype=pl.UInt32, eager=True))


def _is_any_known(kind: UsageType, records: pl.DataFrame) -> bool:
    parameters: dict[str, Any] = {
        "record_ids": records["record_id"].to_list(),
        "moments": records["moment"].to_list(),
        "subscriptions": records["subscription_id"].to_list(),
        "first": records["moment"].min(),
        "last": records["moment"].max(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_for(kind, "any_known"), parameters)
        (known,) = cursor.fetchone()
    return bool(known)


def _new(kind: UsageType, records: pl.DataFrame, rows: pl.Series) -> pl.Series:
    moments, record_ids = records["moment"].gather(rows), records["record_id"].gather(rows)
    with connection.cursor() as cursor:
        cursor.execute(_SQL["stage_keys"])
        _copy(_SQL["copy_keys"], records.select(*KEY, "position"), rows)
        bounds: dict[str, Any] = {
            "first": moments.min(),
            "last": moments.max(),
            "least": record_ids.min(),
            "most": record_ids.max(),
        }
        cursor.execute(_for(kind, "new_keys"), bounds)
        return pl.Series("position", [position for (position,) in cursor.fetchall()], dtype=pl.Int64)


def _copy(statement: str, records: pl.DataFrame, rows: pl.Series) -> None:
    """Send some rows of all columns."""
    schema = pa.schema([_ARROW.field(column) for column in records.columns])
    encoder = pgpq.ArrowToPostgresBinaryEncoder(schema)
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(encoder.write_header())
        for start in range(0, len(rows), _BATCH_ROWS):
            part = records[rows[start : start + _BATCH_ROWS]]
            for batch in part.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(schema).to_batches():
                copy.write(encoder.write_batch(batch))
        copy.write(encoder.finish())
