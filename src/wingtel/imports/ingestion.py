"""Ingestion of the batches of a file: one transaction for records, rejects and the byte range that is done."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from typing import NamedTuple

import polars as pl
from django.db import connection
from django.db.models import F

from wingtel import sql
from wingtel.ingest.batch import IngestOptions, Origin
from wingtel.ingest.outcomes import IngestResult
from wingtel.ingest.service import examine, ingest
from wingtel.usage.provenance import IngestBatch

from .credits import IS_CREDIT, Credits, added
from .fields import LINE, Reject
from .models import ImportedRange, UsageImport
from .profiles import Profile
from .record_reader import ReadTable
from .segments import Segments
from .values.prices import UNRATED

_SQL = sql.statements(__package__, "sql/importing.sql")
_TEXTS = 20_000
"""Rejected lines whose texts are in memory at a time."""
_MOST_EXAMINED_REJECTS = 1_000


class Counts(NamedTuple):
    """Number of lines by outcome. `records` counts those stored or replaced, with credits."""

    lines: int = 0
    accepted: int = 0
    skipped: int = 0
    duplicate: int = 0
    conflict: int = 0
    rejected: int = 0
    records: int = 0

    def __add__(self, other: tuple[int, ...]) -> "Counts":  # type: ignore[override]  # adds up, does not concatenate
        return Counts(*(one + more for one, more in zip(self, other, strict=True)))


OUTCOMES = Counts._fields[1:-1]
"""Names of the outcomes of a line, in the order in which they are shown."""


@dataclass
class BatchIngestor:
    """An ingestor of the batches of one import, on the connection of the calling thread.

    After a batch with more duplicates than new records, the next batches are expected to have duplicates too.
    """

    run: UsageImport
    profile: Profile
    create_subscriptions: bool
    since: date | None = None
    _expects_duplicates: bool = field(default=False, init=False)

    def ingest(self, table: ReadTable) -> Counts:
        """Ingest a batch in one transaction. Return the outcomes of its lines."""
        origin = Origin(
            kind=IngestBatch.Origin.IMPORT, reference=str(self.run.pk), name=self.run.file, first_line=table.first_line
        )
        options = replace(
            options_of(self.profile, self.create_subscriptions, self.since, origin),
            expects_duplicates=self._expects_duplicates,
        )
        batch = BatchRecords(table, self.profile)
        credit = Credits(batch.credits, options) if batch.credits.height else None
        counts = Counts()

        def finish(result: IngestResult) -> None:
            nonlocal counts
            whole = batch.outcome(result, credit.store(f"import {self.run.pk}") if credit else None)
            counts = counts_of(table, whole)
            self._finish(table, whole, counts)

        ingest(batch.records, options, finish=finish)
        self._expects_duplicates = counts.duplicate > counts.accepted
        return counts

    def _finish(self, table: ReadTable, result: IngestResult, counts: Counts) -> None:
        """Store the rejects, the byte range that is done, and the counts."""
        byte_range = table.byte_range
        if counts.rejected:
            _copy_rejects(self.run.pk, rejects_of(table, result, self.profile))
        ImportedRange.objects.create(
            usage_import=self.run, start=byte_range.start, end=byte_range.end, lines=byte_range.lines
        )
        # The counts come last, since other workers wait for the lock on their row.
        UsageImport.objects.filter(pk=self.run.pk).update(
            **{name: F(name) + count for name, count in counts._asdict().items() if count} or {"lines": F("lines")}
        )


@dataclass
class DryRun:
    """A dry run: the batches of a file are read, resolved and compared with the stored records, and never stored.

    An earlier record of the file is recognized by a 64-bit hash: of many millions, one may be mistaken for another.
    """

    profile: Profile
    create_subscriptions: bool
    since: date | None = None
    counts: Counts = field(default_factory=Counts)
    rejects: list[Reject] = field(default_factory=list)
    _seen: pl.Series = field(default_factory=lambda: pl.Series(dtype=pl.UInt64))
    _seen_credits: pl.Series = field(default_factory=lambda: pl.Series(dtype=pl.UInt64))

    def add(self, table: ReadTable) -> None:
        """Count a batch."""
        options = options_of(self.profile, self.create_subscriptions, self.since)
        batch, credited = BatchRecords(table, self.profile), None
        result, self._seen = examine(batch.records, options, self._seen)
        if batch.credits.height:
            credited, self._seen_credits = Credits(batch.credits, options, is_dry=True).examine(self._seen_credits)
        result = batch.outcome(result, credited)
        self.counts += counts_of(table, result)
        room = max(_MOST_EXAMINED_REJECTS - len(self.rejects), 0)
        self.rejects += islice(rejects_of(table, result, self.profile), room)


def options_of(
    profile: Profile, create_subscriptions: bool = False, since: date | None = None, origin: Origin | None = None
) -> IngestOptions:
    """Return the options by which the records of a feed are ingested."""
    return IngestOptions(
        lookup=profile.identifier.by,
        create_subscriptions=create_subscriptions,
        tariff=profile.tariff,
        since=since,
        on_duplicate=profile.reference.on_duplicate,
        one_per_reference=profile.reference.segments,
        origin=origin,
    )


class BatchRecords:
    """The `records` of a batch, with segments merged, and its `credits` if the profile accepts them."""

    def __init__(self, table: ReadTable, profile: Profile) -> None:
        records = _records_of(table, profile)
        self.credits = records.clear()
        if profile.numbers.takes_credits:
            records, self.credits = records.filter(~IS_CREDIT), records.filter(IS_CREDIT)
        self._segments = Segments(records, table.broken, profile.quantities) if profile.reference.segments else None
        self.records = self._segments.records if self._segments else records

    def outcome(self, result: IngestResult, credited: IngestResult | None = None) -> IngestResult:
        """Return the outcome of the lines, given the outcomes of the records and of the credits."""
        if self._segments:
            result = self._segments.spread(result)
        return added(result, credited) if credited else result


def _records_of(table: ReadTable, profile: Profile) -> pl.DataFrame:
    records = table.records.rename({LINE: "position", "timestamp": "usage_date"})
    if not profile.rates:
        return records
    return records.with_columns(price=pl.when(pl.col("price") != UNRATED).then("price"))


def counts_of(table: ReadTable, result: IngestResult) -> Counts:
    """Return the outcomes of the lines of a batch."""
    return Counts(
        lines=table.lines,
        accepted=result.accepted,
        skipped=table.skipped,
        duplicate=len(result.duplicates),
        conflict=len(result.conflicts),
        rejected=len(table.rejects) + len(result.rejected),
        records=result.records,
    )


def rejects_of(table: ReadTable, result: IngestResult, profile: Profile) -> Iterator[Reject]:
    """Yield all rejected lines of a batch in the order of the file, with the columns of the feed at fault."""
    return heapq.merge(sorted(table.rejects), _ingest_rejects(table, result, columns_at_fault(profile)))


def columns_at_fault(profile: Profile) -> dict[str, str]:
    """Return the names in the file of the fields of a record that have columns there."""
    return {
        "usage_date": ", ".join(map(str, profile.timestamp.columns)),
        "record_id": ", ".join(map(str, profile.reference.columns)),
        "identifier": str(profile.identifier.column),
        "carrier": str(profile.carrier.column) if profile.carrier and profile.carrier.column is not None else "carrier",
    }


def _ingest_rejects(table: ReadTable, result: IngestResult, columns: dict[str, str]) -> Iterator[Reject]:
    for start in range(0, len(result.rejected), _TEXTS):
        rejections = result.rejected[start : start + _TEXTS]
        raws = table.raw([rejection.position for rejection in rejections])
        for (line, name, reason), raw in zip(rejections, raws, strict=True):
            yield Reject(line, raw, columns.get(name, name), reason)


def _copy_rejects(import_id: int, rejects: Iterable[Reject]) -> None:
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(_SQL["copy_rejects"]) as copy:
        for line, raw, name, reason in rejects:
            copy.write_row((import_id, line, raw, name, reason))
