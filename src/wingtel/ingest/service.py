"""Ingestion of usage: records are validated, resolved, rated, written and counted in one transaction."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import date
from typing import cast

import polars as pl
import psycopg
from django.db import DataError, IntegrityError, OperationalError, ProgrammingError, connection, transaction

from wingtel.aggregates.rebuild import rebuild_day
from wingtel.aggregates.strategies import Strategy
from wingtel.rating import rate
from wingtel.usage import partitions
from wingtel.usage.models import RECORD_MODELS, UsageAdjustment
from wingtel.usage.provenance import BATCH_LINES

from . import statement, writer
from .batch import IngestOptions, Lookup, OnDuplicate, Origin, business_day, days_of
from .comparison import Compared, Find, all_new, compare, reject_stored
from .inputs import UsageRecordInput, are_plain, batch_of, single_of
from .outcomes import Conflict, IngestResult, Rejection
from .resolver import SubscriptionResolver, with_plans, without
from .validation import validate

_ATTEMPTS = 20
"""Most attempts. Each follows a deadlock, a partition that was created, or duplicates that were found."""

DEFAULTS = IngestOptions()

_SINGLE = IngestResult(accepted=1, records=1)
"""Outcome of a single record that was stored."""

Finish = Callable[[IngestResult], None]
"""A function called with the outcome of a batch, in the transaction that writes it."""


class _MissingDaysError(Exception):
    """Records are of days that may have no partition yet."""

    def __init__(self, days: Sequence[date]) -> None:
        super().__init__()
        self.days = days


def ingest_usage(records: Iterable[UsageRecordInput], options: IngestOptions = DEFAULTS) -> IngestResult:
    """Ingest usage records. Return the outcome of each, by its position in `records`.

    A record is a duplicate if a stored record, or an earlier one in `records`, has its reference, timestamp and
    subscription. It changes nothing. With another amount it is a conflict, which is stored as such. A record is
    rejected if a value is out of range, if its day accepts no records (see `partitions.ensure`), or if its subscription
    is unknown or ambiguous. All is committed together. Under a transaction isolation above READ COMMITTED, a switch of
    strategies during the transaction goes unnoticed.

    Raises ValueError when subscriptions are to be created by their id.
    """
    inputs = list(records)
    if len(inputs) == 1 and are_plain(inputs) and statement.write(inputs[0], options):
        return _SINGLE
    batch, rejected = batch_of(inputs)
    return _ingest(batch, options, rejected, None)


def ingest(
    batch: pl.DataFrame, options: IngestOptions, *, rejected: Sequence[Rejection] = (), finish: Finish | None = None
) -> IngestResult:
    """Ingest a batch (COLUMNS) as `ingest_usage` does. `rejected` has further positions, which could not be read.

    `finish` is called in the transaction of the batch, once in each attempt.
    """
    if batch.height == 1 and not rejected and finish is None and statement.write(single_of(batch), options):
        return _SINGLE
    return _ingest(batch, options, rejected, finish)


def _ingest(
    batch: pl.DataFrame, options: IngestOptions, rejected: Sequence[Rejection], finish: Finish | None
) -> IngestResult:
    if options.create_subscriptions and options.lookup is Lookup.ID:
        raise ValueError("a subscription cannot be created by its id: the database gives it")
    attempt = _Attempt(options, finish)
    for _ in range(_ATTEMPTS):
        records, problems = _prepared(batch, options)
        try:
            return attempt.run(records, [*rejected, *problems])
        except _MissingDaysError as missing:
            attempt.ensure(missing.days)
        except (IntegrityError, ProgrammingError) as error:
            if _is_missing_partition(error):
                partitions.forget(*records["day"].unique())  # another process may have dropped one
                attempt.ensured.clear()
            elif _is_stored_already(error):
                attempt.compares_first = True
            else:
                raise
        except DataError:
            attempt.isolates_errors = True
        except OperationalError as error:
            if not (connection.get_autocommit() and isinstance(error.__cause__, psycopg.errors.DeadlockDetected)):
                raise
    raise RuntimeError(f"nothing was ingested: {_ATTEMPTS} attempts conflicted with other sessions; try again")


def examine(batch: pl.DataFrame, options: IngestOptions, seen: pl.Series) -> tuple[IngestResult, pl.Series]:
    """Return the outcome that a batch would have, and `seen` with the hashes of its keys. Store nothing.

    `seen` has the hashes of earlier batches: of many millions of keys, one may be mistaken for another.
    """
    records, problems = inspect(batch, options)
    fresh, seen = unseen(records, seen, by_timestamp=not options.one_per_reference)
    with transaction.atomic():
        compared = compare(fresh, options.on_duplicate, _finder(options))
    if options.on_duplicate is OnDuplicate.REJECT:
        compared, repeated = reject_stored(records, compared)
        records, problems = without(records, repeated), [*problems, *repeated]
    stored = pl.concat([compared.new, compared.replacements])
    return result_of(records, stored, compared.conflicts, problems), seen


def unseen(records: pl.DataFrame, seen: pl.Series, *, by_timestamp: bool = True) -> tuple[pl.DataFrame, pl.Series]:
    """Return the records whose keys are not in `seen`, with a null source, and `seen` with the hashes of all."""
    key = ["usage_type", "record_id", "subscription_id", *["usage_date"] * by_timestamp]
    hashes = records.select(pl.struct(key).hash()).to_series()
    fresh = records.filter(~hashes.is_in(seen.implode())).with_columns(source=pl.lit(None, pl.Int64))
    return fresh, pl.concat([seen, hashes])


def inspect(batch: pl.DataFrame, options: IngestOptions) -> tuple[pl.DataFrame, list[Rejection]]:
    """Validate, resolve and rate a batch. Return its records and the rejections. Store and create nothing."""
    records, problems = _prepared(batch, options, is_dry=True)
    resolver = SubscriptionResolver(options.lookup, options.carrier, simulates_creation=options.create_subscriptions)
    records, unresolved = resolver.resolve(records)
    records, unrated = _rated(records, options)
    return records, [*problems, *unresolved, *unrated]


def _prepared(
    batch: pl.DataFrame, options: IngestOptions, *, is_dry: bool = False
) -> tuple[pl.DataFrame, list[Rejection]]:
    """Return the valid records with their business day, and the rejections of the other records."""
    broken = validate(batch, options.lookup, create_subscriptions=options.create_subscriptions)
    day = business_day(pl.col("usage_date"), partitions.operator_zone().key)
    records = without(batch, broken).with_columns(day=day)
    days = partitions.unknown(days_of(records))
    reasons = partitions.rejection_reasons(days, since=options.since) if days else {}
    by_day: dict[int, Rejection] = {}
    if reasons:
        late = records.filter(pl.col("day").is_in(list(reasons))).select("position", "day")
        by_day = {position: Rejection(position, "usage_date", reasons[day]) for position, day in late.iter_rows()}
        records = without(records, by_day.values())
    if options.create_subscriptions and not is_dry and records.height:
        SubscriptionResolver(options.lookup, options.carrier).create_unknown(records)
    return records, [*broken, *by_day.values()]


class _Attempt:
    """An attempt at a batch, with the findings of earlier attempts."""

    def __init__(self, options: IngestOptions, finish: Finish | None) -> None:
        self.options = options
        self.finish = finish
        self.compares_first = options.one_per_reference or options.expects_duplicates
        """True if records may be stored already, so that all are compared first."""
        self.isolates_errors = False
        """True if the database rejects a record, which has to be found."""
        self.ensured: set[date] = set()

    def ensure(self, days: Sequence[date]) -> None:
        """Create the partitions of days that accept records."""
        self.ensured.update(days)
        with suppress(partitions.RejectedDaysError):  # the next attempt rejects their records
            partitions.ensure(days, since=self.options.since)

    def run(self, records: pl.DataFrame, rejected: list[Rejection]) -> IngestResult:
        """Ingest prepared records in one transaction."""
        with transaction.atomic():
            result = self._run_batch(records, rejected)
            if self.finish:
                self.finish(result)
            return result

    def _run_batch(self, records: pl.DataFrame, rejected: list[Rejection]) -> IngestResult:
        if records.is_empty():
            return result_of(records, records, records, rejected)
        if self.options.one_per_reference:
            writer.lock_references()  # before `begin`: a large batch takes the lock on partitions last
        context = writer.begin(records.height, self.options.origin)
        records, unresolved = SubscriptionResolver(self.options.lookup, self.options.carrier).resolve(records)
        records, unrated = _rated(records, self.options)
        if missing := [day for day in partitions.unknown(days_of(records)) if day not in self.ensured]:
            raise _MissingDaysError(missing)
        records = with_source(records, self.options.origin, context.batch)
        compared, repeated = self._compared(records)
        records = without(records, repeated)
        stored, unstorable = self._store(compared.new, context)
        self._replace(compared.replacements, context.strategy)
        if compared.conflicts.height:
            writer.keep_conflicts(compared.conflicts)
        return result_of(
            without(records, unstorable),
            pl.concat([stored, compared.replacements]),
            compared.conflicts,
            [*rejected, *unresolved, *unrated, *repeated, *unstorable],
        )

    def _compared(self, records: pl.DataFrame) -> tuple[Compared, list[Rejection]]:
        if not self.compares_first:
            return all_new(records), []
        compared = compare(records, self.options.on_duplicate, _finder(self.options))
        return reject_stored(records, compared) if self.options.on_duplicate is OnDuplicate.REJECT else (compared, [])

    def _store(self, records: pl.DataFrame, context: writer.WriteContext) -> tuple[pl.DataFrame, list[Rejection]]:
        """Store records. Return the stored ones, and with `isolates_errors` rejections of the others."""
        if not self.isolates_errors:
            writer.write(records, context)
            return records, []
        try:
            with transaction.atomic():
                writer.write(records, context)
            return records, []
        except DataError as error:
            positions = records["position"].unique().sort()
            if len(positions) == 1:
                return records.clear(), [Rejection(positions[0], *_data_error_reason(error))]
            is_first_half = pl.col("position") < positions[len(positions) // 2]
            first, first_rejected = self._store(records.filter(is_first_half), context)
            second, second_rejected = self._store(records.filter(~is_first_half), context)
            return pl.concat([first, second]), first_rejected + second_rejected

    def _replace(self, records: pl.DataFrame, strategy: Strategy) -> None:
        if records.is_empty():
            return
        for kind, rows in writer.by_type(records):
            writer.replace(kind, records[rows])
        if strategy.stores and not strategy.counts_sql:
            for day in days_of(records):
                rebuild_day(day)


def _finder(options: IngestOptions) -> Find:
    return writer.new_or_of_another_time if options.one_per_reference else writer.new_or_different


def _rated(records: pl.DataFrame, options: IngestOptions) -> tuple[pl.DataFrame, list[Rejection]]:
    """Return the records with a price, and the rejections of records that get none."""
    if not records["price"].null_count():
        return records, []
    if options.tariff:
        records, reasons = rate(with_plans(records), options.tariff)
    else:
        reasons = dict.fromkeys(records["price"].is_null().arg_true(), "missing")
    rejected = {
        position: Rejection(position, "price", reasons[row])
        for row, position in zip(reasons, records["position"].gather(list(reasons)), strict=True)
    }
    return without(records, rejected.values()), list(rejected.values())


def with_source(records: pl.DataFrame, origin: Origin | None, batch: int | None) -> pl.DataFrame:
    """Return the records with their `source`: the id of their batch and their line."""
    if origin is None or batch is None or records.is_empty():
        return records.with_columns(source=pl.lit(None, pl.Int64))
    offset = records["position"] - origin.first_line
    if cast("int", offset.min()) < 0 or cast("int", offset.max()) >= BATCH_LINES:
        offset = offset.set(~offset.is_between(0, BATCH_LINES - 1), None)
    return records.hstack([(batch * BATCH_LINES + offset).alias("source")])


def result_of(
    records: pl.DataFrame, stored: pl.DataFrame, conflicts: pl.DataFrame, rejected: Sequence[Rejection]
) -> IngestResult:
    """Return the outcome by position: accepted with a stored record, else a conflict with one, else a duplicate."""
    positions, accepted = records["position"], stored["position"]
    found, count = [], accepted.n_unique()
    if conflicts.height:
        conflicts = conflicts.filter(~pl.col("position").is_in(accepted.implode())).unique("position", keep="first")
        rows = conflicts.sort("position").select("position", "stored_quantity", "stored_price").iter_rows()
        found = [Conflict(*row) for row in rows]
    duplicates: list[int] = []
    if positions.n_unique() > count + len(found):
        known = pl.concat([accepted, conflicts["position"]])
        duplicates = positions.filter(~positions.is_in(known.implode())).unique().sort().to_list()
    return IngestResult(count, tuple(duplicates), tuple(found), tuple(sorted(rejected)), stored.height)


def _is_missing_partition(error: Exception) -> bool:
    cause = error.__cause__
    if isinstance(cause, psycopg.errors.CheckViolation):  # other constraints have a name
        return not cause.diag.constraint_name
    return isinstance(cause, psycopg.errors.UndefinedTable)


def _is_stored_already(error: Exception) -> bool:
    cause = error.__cause__
    tables = tuple(model._meta.db_table for model in (*RECORD_MODELS.values(), UsageAdjustment))
    return isinstance(cause, psycopg.errors.UniqueViolation) and (cause.diag.table_name or "").startswith(tables)


def _data_error_reason(error: DataError) -> tuple[str, str]:
    message = str(error).splitlines()[0]
    return "price" if "numeric" in message else "quantity", f"the database rejected it: {message}"
