"""Credits: negative records of a file, each of which becomes one adjustment."""

from collections.abc import Iterator
from typing import Any

import polars as pl
from django.db import connection

from wingtel import sql
from wingtel.adjustments import services
from wingtel.ingest import writer
from wingtel.ingest.batch import IngestOptions, OnDuplicate, business_day
from wingtel.ingest.comparison import Compared, compare
from wingtel.ingest.outcomes import IngestResult, Rejection
from wingtel.ingest.resolver import SubscriptionResolver, without
from wingtel.ingest.service import result_of, unseen, with_source
from wingtel.ingest.validation import validate
from wingtel.usage import partitions
from wingtel.usage.models import UsageAdjustment, UsageType

_SQL = sql.statements(__package__, "sql/importing.sql")
_FIELDS = {"used": "quantity", "day": "usage_date", "reason": "record_id"}
"""Field of a record for each field of an adjustment."""
_SLICE = 5_000
"""Most records that are held as adjustments at the same time."""

IS_CREDIT = (pl.col("quantity") < 0) | (pl.col("price") < 0)
"""True for the records of a batch that are credits."""


class Credits:
    """Credits of a batch.

    A credit has the key of a record. One that is stored already is a duplicate, or with another amount a conflict. It
    is ingested whatever the state of its day. A dry run creates no subscriptions.
    """

    def __init__(self, records: pl.DataFrame, options: IngestOptions, *, is_dry: bool = False) -> None:
        self._options = options
        magnitudes = records.with_columns(pl.col("quantity", "price").abs())
        self._broken = validate(magnitudes, options.lookup, create_subscriptions=options.create_subscriptions)
        day = business_day(pl.col("usage_date"), partitions.operator_zone().key)
        self._records = without(records, self._broken).with_columns(day=day)
        simulates_creation = is_dry and options.create_subscriptions
        self._resolver = SubscriptionResolver(options.lookup, options.carrier, simulates_creation=simulates_creation)
        if options.create_subscriptions and not is_dry and self._records.height:
            self._resolver.create_unknown(self._records)

    def store(self, actor: str) -> IngestResult:
        """Store the adjustments in the caller's transaction. Their actor is `actor` and the line.

        Raises IntegrityError when another session stores one of them at the same time.
        """
        records, rejected = self._resolved(actor)
        compared = _compared(records)
        for records_slice in _slices(compared.new):
            services.store(_adjustments(records_slice, actor))
        if compared.conflicts.height:
            origin = self._options.origin
            batch = writer.create_batch(origin) if origin else None
            writer.keep_conflicts(with_source(compared.conflicts, origin, batch))
        return result_of(records, compared.new, compared.conflicts, rejected)

    def examine(self, seen: pl.Series) -> tuple[IngestResult, pl.Series]:
        """Return the outcome that the credits would have, and `seen` with the hashes of their keys; store nothing."""
        records, rejected = self._resolved("dry run")
        fresh, seen = unseen(records, seen)
        compared = _compared(fresh)
        return result_of(records, compared.new, compared.conflicts, rejected), seen

    def _resolved(self, actor: str) -> tuple[pl.DataFrame, list[Rejection]]:
        """Return the records that can become adjustments, and the rejections of the others."""
        records, unresolved = self._resolver.resolve(self._records)
        rejected = [
            Rejection(records_slice["position"][place], _FIELDS.get(error.field, error.field), error.reason)
            for records_slice in _slices(records)
            for place, error in services.rejections(_adjustments(records_slice, actor)).items()
        ]
        return without(records, rejected), [*self._broken, *unresolved, *rejected]


def added(one: IngestResult, other: IngestResult) -> IngestResult:
    """Return the sum of two outcomes of one batch: of its records and of its credits."""
    return IngestResult(
        one.accepted + other.accepted,
        (*one.duplicates, *other.duplicates),
        (*one.conflicts, *other.conflicts),
        tuple(sorted([*one.rejected, *other.rejected])),
        one.records + other.records,
    )


def _slices(records: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield the records in slices: as adjustments they take many times the memory."""
    return records.iter_slices(_SLICE)


def _adjustments(records: pl.DataFrame, actor: str) -> list[UsageAdjustment]:
    columns = ("position", "usage_type", "record_id", "usage_date", "subscription_id", "day", "quantity", "price")
    return [
        UsageAdjustment(
            subscription_id=subscription_id,
            usage_type=usage_type,
            day=day,
            used=quantity,
            price=price,
            reason=record_id,
            actor=f"{actor}, line {line}",
            record_id=record_id,
            usage_date=usage_date,
        )
        for line, usage_type, record_id, usage_date, subscription_id, day, quantity, price in records.select(
            columns
        ).iter_rows()
    ]


def _compared(records: pl.DataFrame) -> Compared:
    return compare(records, OnDuplicate.IGNORE, _new_or_different)


def _new_or_different(kind: UsageType, records: pl.DataFrame) -> pl.DataFrame:
    """Compare credits with those stored, as `writer.new_or_different` does records."""
    columns = ("position", "record_id", "usage_date", "subscription_id", "quantity", "price")
    params: dict[str, Any] = {name: records[name].to_list() for name in columns}
    with connection.cursor() as cursor:
        cursor.execute(_SQL["new_or_different_credits"], {"usage_type": kind.value} | params)
        return pl.DataFrame(cursor.fetchall(), schema=writer.DIFFERENT, orient="row")
