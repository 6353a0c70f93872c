"""Ingesting a part of a file: its records, its rejects and the note that it is done are one transaction."""

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
from .models import ImportedSpan, UsageImport
from .profiles import Profile
from .record_reader import ReadTable
from .segments import Segments
from .values.prices import UNRATED

_SQL = sql.statements(__package__, "sql/importing.sql")
_TEXTS = 20_000
"""Rejected lines whose texts are taken at a time."""
_MOST_EXAMINED_REJECTS = 1_000


class Counts(NamedTuple):
    """Outcomes of lines; `records` are those stored or replaced, credits included."""

    lines: int = 0
    accepted: int = 0
    skipped: int = 0
    duplicate: int = 0
    conflict: int = 0
    rejected: int = 0
    records: int = 0

    def __add__(self, other: tuple[int, ...]) -> "Counts":  # type: ignore[override]  # adds up, not one after the other
        return Counts(*(one + another for one, another in zip(self, other, strict=True)))


OUTCOMES = Counts._fields[1:-1]
"""The names of what can become of a line, in the order in which they are shown."""


@dataclass
class PartIngestor:
    """Ingests parts of one import, on the connection of the thread it is used in.

    After a part that had more duplicates than new records, the next ones are expected to have some too.
    """

    run: UsageImport
    profile: Profile
    create_subscriptions: bool
    since: date | None = None
    _expects_duplicates: bool = field(default=False, init=False)

    def ingest(self, read: ReadTable) -> Counts:
        """Ingest a part, as if it were alone in the database; return what became of its lines."""
        origin = Origin(
            kind=IngestBatch.Origin.IMPORT, reference=str(self.run.pk), name=self.run.file, first_line=read.first_line
        )
        options = replace(
            options_of(self.profile, self.create_subscriptions, self.since, origin),
            expects_duplicates=self._expects_duplicates,
        )
        batch = PartBatch(read, self.profile)
        adjusted = Credits(batch.credits, options) if batch.credits.height else None
        counts = Counts()

        def finish(result: IngestResult) -> None:
            nonlocal counts
            whole = batch.outcome(result, adjusted.store(f"import {self.run.pk}") if adjusted else None)
            counts = counts_of(read, whole)
            self._finish(read, whole, counts)

        ingest(batch.records, options, finish=finish)
        self._expects_duplicates = counts.duplicate > counts.accepted
        return counts

    def _finish(self, read: ReadTable, result: IngestResult, counts: Counts) -> None:
        """Keep the rejects, that the part is done, and the counts: these last, since others wait for them."""
        span = read.span
        if counts.rejected:
            _copy_rejects(self.run.pk, rejects_of(read, result, self.profile))
        ImportedSpan.objects.create(usage_import=self.run, start=span.start, end=span.end, lines=span.lines)
        UsageImport.objects.filter(pk=self.run.pk).update(
            **{name: F(name) + count for name, count in counts._asdict().items() if count} or {"lines": F("lines")}
        )


@dataclass
class DryRun:
    """The outcome that the parts of a file would have: read, resolved and compared with what is stored, never stored.

    A record that came earlier in the file is told by a 64-bit hash: of many millions, one may be taken for another.
    """

    profile: Profile
    create_subscriptions: bool
    since: date | None = None
    counts: Counts = field(default_factory=Counts)
    rejects: list[Reject] = field(default_factory=list)
    _seen: pl.Series = field(default_factory=lambda: pl.Series(dtype=pl.UInt64))
    _seen_credits: pl.Series = field(default_factory=lambda: pl.Series(dtype=pl.UInt64))

    def add(self, read: ReadTable) -> None:
        """Count a part."""
        options = options_of(self.profile, self.create_subscriptions, self.since)
        batch, credited = PartBatch(read, self.profile), None
        result, self._seen = examine(batch.records, options, self._seen)
        if batch.credits.height:
            credited, self._seen_credits = Credits(batch.credits, options, is_dry=True).examine(self._seen_credits)
        result = batch.outcome(result, credited)
        self.counts += counts_of(read, result)
        room = max(_MOST_EXAMINED_REJECTS - len(self.rejects), 0)
        self.rejects += islice(rejects_of(read, result, self.profile), room)


def options_of(
    profile: Profile, create_subscriptions: bool = False, since: date | None = None, origin: Origin | None = None
) -> IngestOptions:
    """Return how the records of a feed are ingested."""
    return IngestOptions(
        lookup=profile.naming.by,
        create_subscriptions=create_subscriptions,
        tariff=profile.tariff,
        since=since,
        on_duplicate=profile.reference.on_duplicate,
        one_per_reference=profile.reference.segments,
        origin=origin,
    )


class PartBatch:
    """The `records` of a part as a batch, segments put together, without the `credits` that the profile takes."""

    def __init__(self, read: ReadTable, profile: Profile) -> None:
        batch = _batch_of(read, profile)
        self.credits = batch.clear()
        if profile.numbers.takes_credits:
            batch, self.credits = batch.filter(~IS_CREDIT), batch.filter(IS_CREDIT)
        self._segments = Segments(batch, read.broken, profile.quantities) if profile.reference.segments else None
        self.records = self._segments.records if self._segments else batch

    def outcome(self, result: IngestResult, credited: IngestResult | None = None) -> IngestResult:
        """Return what became of the lines, by what became of the records and of the credits."""
        if self._segments:
            result = self._segments.spread(result)
        return added(result, credited) if credited else result


def _batch_of(read: ReadTable, profile: Profile) -> pl.DataFrame:
    records = read.records.rename({LINE: "position", "moment": "usage_date", "name": "identifier"})
    if not profile.rates:
        return records
    return records.with_columns(price=pl.when(pl.col("price") != UNRATED).then("price"))


def counts_of(read: ReadTable, result: IngestResult) -> Counts:
    """Return what became of the lines of a part."""
    return Counts(
        lines=read.lines,
        accepted=result.accepted,
        skipped=read.skipped,
        duplicate=len(result.duplicates),
        conflict=len(result.conflicts),
        rejected=len(read.rejects) + len(result.rejected),
        records=result.records,
    )


def rejects_of(read: ReadTable, result: IngestResult, profile: Profile) -> Iterator[Reject]:
    """Yield all rejected lines of a part, in the order of the file, with the columns of the feed at fault."""
    return heapq.merge(sorted(read.rejects), _ingest_rejects(read, result, columns_at_fault(profile)))


def columns_at_fault(profile: Profile) -> dict[str, str]:
    """Return how the file calls the fields of a record, where it has columns for them."""
    return {
        "usage_date": ", ".join(map(str, profile.moment.columns)),
        "record_id": ", ".join(map(str, profile.reference.columns)),
        "identifier": str(profile.naming.column),
        "carrier": str(profile.carrier.column) if profile.carrier and profile.carrier.column is not None else "carrier",
    }


def _ingest_rejects(read: ReadTable, result: IngestResult, columns: dict[str, str]) -> Iterator[Reject]:
    for start in range(0, len(result.rejected), _TEXTS):
        some = result.rejected[start : start + _TEXTS]
        raws = read.raw([rejection.position for rejection in some])
        for (line, name, reason), raw in zip(some, raws, strict=True):
            yield Reject(line, raw, columns.get(name, name), reason)


def _copy_rejects(import_id: int, rejects: Iterable[Reject]) -> None:
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(_SQL["copy_rejects"]) as copy:
        for line, raw, name, reason in rejects:
            copy.write_row((import_id, line, raw, name, reason))
