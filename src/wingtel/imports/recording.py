"""Recording a part of a file: one transaction that stores its records, keeps its rejects, and notes it as done."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import NamedTuple

import polars as pl
import psycopg
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from django.db.models import F

from wingtel import sql
from wingtel.aggregates.strategies import Strategy
from wingtel.recording import UsageEntry, bulk
from wingtel.recording.columns import Columns
from wingtel.recording.creating import create_unknown
from wingtel.recording.naming import NamedSubscriptions
from wingtel.usage import partitions
from wingtel.usage.models import UsageType

from .bulk import ReadTable
from .fields import LINE, Reject, shortened
from .models import ImportedSpan, UsageImport
from .profiles import OnDuplicate, Profile
from .rating import rated

_SQL = sql.statements(__package__, "sql/importing.sql")
_ATTEMPTS = 20
"""Each follows a deadlock, or a change of subscriptions, that another session made."""
_TEXTS = 20_000
"""Lines that are refused whose texts are taken at a time."""


class Counts(NamedTuple):
    """What became of lines; `records` are those stored or replaced."""

    lines: int = 0
    accepted: int = 0
    skipped: int = 0
    duplicate: int = 0
    rejected: int = 0
    records: int = 0

    def __add__(self, other: tuple[int, ...]) -> "Counts":  # type: ignore[override]  # adds up, not one after the other
        return Counts(*(one + another for one, another in zip(self, other, strict=True)))


class _StaleError(Exception):
    """A subscription was created, deleted or renamed since its name was looked up."""


@dataclass
class Resolved:
    """The records of a part that have a subscription and a price, and why other lines have none."""

    records: pl.DataFrame
    found: pl.DataFrame
    problems: dict[int, tuple[str, str]]


class Resolver:
    """Finds the subscriptions and prices of records."""

    def __init__(
        self, profile: Profile, create_subscriptions: bool, *, since: date | None = None, creates: bool = True
    ) -> None:
        self.profile = profile
        self.since = since
        self.create_subscriptions = create_subscriptions
        self.creates = creates
        self.names = NamedSubscriptions(profile.naming.by)

    def resolve(self, records: pl.DataFrame) -> Resolved:
        """Records with subscription_id and position, that among `records`; those of lines with a problem left out."""
        positions = pl.select(pl.int_range(records.height, dtype=pl.Int64)).to_series()
        refused = self._refused(records)
        if refused:
            kept = (~records[LINE].is_in(pl.Series(list(refused)).implode())).arg_true()
            records, positions = records[kept], positions[kept]
        found = self.names.find(records["name"])
        if self.create_subscriptions and (found["candidates"] == 0).any():
            found = self._with_created(records, found)
        wanted = found if self.profile.tariff else found.drop("plan")
        named = records.select("name").join(wanted, on="name", how="left", maintain_order="left")
        unnamed = (named["candidates"] != 1).arg_true()
        problems = self._unnamed(records[LINE].gather(unnamed), named[unnamed])
        # Columns are added to those that are there, which are not copied.
        joined = records.drop("name", "carrier").with_columns(
            named["subscription_id"],
            *([named["plan"]] if self.profile.tariff else []),
            position=positions,
        )
        del named
        joined = _without_lines(joined, problems)
        if self.profile.tariff:
            joined, unrated = rated(joined, self.profile.tariff)
            more = {line: ("price", shortened(reason)) for line, reason in unrated.items()}
            joined, problems = _without_lines(joined, more), problems | more
        return Resolved(joined, found.filter(pl.col("candidates") == 1), problems | refused)

    def _refused(self, records: pl.DataFrame) -> dict[int, tuple[str, str]]:
        """The lines of days that take no records."""
        reasons = partitions.refusals(records["day"].unique().to_list(), since=self.since)
        column = ", ".join(map(str, self.profile.moment.columns))
        some = records.filter(pl.col("day").is_in(list(reasons))) if reasons else records.clear()
        return {line: (column, reasons[day]) for line, day in some.select(LINE, "day").iter_rows()}

    def _with_created(self, records: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
        unknown = found.filter(pl.col("candidates") == 0)["name"]
        if not self.creates:  # a rehearsal: as if they were there, each under an id of its own
            made = found.with_row_index("made").with_columns(pl.col("made").cast(pl.Int64) * -1 - 1)
            is_new = pl.col("candidates") == 0
            return made.with_columns(
                subscription_id=pl.when(is_new).then("made").otherwise("subscription_id"),
                candidates=pl.when(is_new).then(1).otherwise("candidates"),
            ).drop("made")
        lines = records.select("name", LINE).with_row_index("row").filter(pl.col("name").is_in(unknown.implode()))
        first = lines.sort(LINE).unique("name", keep="first")["row"]
        create_unknown(Columns.of(list(_entries(records[first]))), self.names.named_by)
        return self.names.find(records["name"])

    def _unnamed(self, lines: pl.Series, named: pl.DataFrame) -> dict[int, tuple[str, str]]:
        by, column = self.names.named_by, str(self.profile.naming.column)
        problems = {}
        for line, (name, candidates) in zip(lines, named.select("name", "candidates").iter_rows(), strict=True):
            if candidates == 0:
                problems[line] = column, f"unknown {by.words} {name}"
            else:
                problems[line] = (
                    column,
                    f"ambiguous {by.words} {name}: {candidates} current subscriptions have it",
                )
        return problems


@dataclass
class ChunkRecorder:
    """Records parts of one import, on the connection of the thread it is used in."""

    import_id: int
    profile: Profile
    create_subscriptions: bool
    since: date | None = None
    _resolver: Resolver = field(init=False)

    def __post_init__(self) -> None:
        self._resolver = Resolver(self.profile, self.create_subscriptions, since=self.since)

    def record(self, read: ReadTable) -> Counts:
        """Record a part, as if it were alone in the database; say what became of its lines."""
        on_duplicate = self.profile.reference.on_duplicate
        is_careful = is_apart = False
        for _ in range(_ATTEMPTS):
            resolved = self._resolver.resolve(read.records)
            days = resolved.records["day"].unique().to_list()
            partitions.ensure(days, since=self.since)
            attempt = _Attempt(read, resolved, on_duplicate, self.profile, is_apart=is_apart)
            try:
                with transaction.atomic():
                    attempt.run(self._resolver.names, days=len(days), is_careful=is_careful)
                    attempt.keep(self.import_id)
            except IntegrityError as error:
                if not isinstance(error.__cause__, psycopg.errors.UniqueViolation) or _is_of_spans(error):
                    raise
                is_careful = True
            except DataError:
                is_apart = True
            except _StaleError:
                self._resolver.names.forget()
            except OperationalError as error:
                if not (connection.get_autocommit() and isinstance(error.__cause__, psycopg.errors.DeadlockDetected)):
                    raise
            else:
                return attempt.counts
        raise RuntimeError(f"nothing was recorded: {_ATTEMPTS} attempts met what other sessions did")


class _Attempt:
    """One transaction over a part."""

    def __init__(
        self, read: ReadTable, resolved: Resolved, on_duplicate: OnDuplicate, profile: Profile, *, is_apart: bool
    ) -> None:
        self.read = read
        self.resolved = resolved
        self.on_duplicate = on_duplicate
        self.is_apart = is_apart
        self.several_a_line = profile.usage_types.by_quantity
        self.reference = ", ".join(map(str, profile.reference.columns))
        self.problems = dict(resolved.problems)
        self.counts = Counts()

    def run(self, names: NamedSubscriptions, *, days: int, is_careful: bool) -> None:
        """Store what is new."""
        records = self.resolved.records
        strategy = bulk.begin(days=days)
        if not names.still_hold(self.resolved.found):
            raise _StaleError
        if not is_careful and not bulk.looks_known(records):
            stored = self._store(records, strategy)
        else:
            stored = self._store_new(records, strategy)
        self._count(stored)

    def _store_new(self, records: pl.DataFrame, strategy: Strategy) -> pl.DataFrame:
        """Store those that are not there yet, and do with the others as the profile says."""
        replaces = self.on_duplicate is OnDuplicate.REPLACE
        keys = ["usage_type", *bulk.KEY]
        new = bulk.without_known(records)
        new = new.unique(keys, keep="last" if replaces else "first")
        replaced = new.clear()
        if self.on_duplicate is OnDuplicate.REJECT:
            self._reject(_others(records, new)[LINE], self.reference, "recorded already")
            new = _without_lines(new, self.problems)
        elif (
            replaces
            and (known := _others(records, new).join(new, on=keys, how="anti").unique(keys, keep="last")).height
        ):
            positions = bulk.replace(known, strategy)
            replaced = known.filter(pl.col("position").is_in(positions.implode()))
        stored = self._store(new, strategy)
        return pl.concat([stored, replaced])

    def _store(self, records: pl.DataFrame, strategy: Strategy) -> pl.DataFrame:
        """Store them all, or where that cannot be, those that the database takes."""
        if not self.is_apart:
            bulk.store(records, strategy)
            return records
        try:
            with transaction.atomic():
                bulk.store(records, strategy)
        except DataError as error:
            if records[LINE].n_unique() == 1:
                message = str(error).splitlines()[0]
                name = "price" if "numeric" in message else "quantity"
                self._reject(records[LINE].to_list(), name, f"the database refuses it: {message}")
                return records.clear()
            records = records.sort(LINE, maintain_order=True)
            middle = records[LINE][records.height // 2]
            before = records.filter(pl.col(LINE) < middle)
            if before.is_empty():
                middle += 1
                before = records.filter(pl.col(LINE) < middle)
            return pl.concat(
                [self._store(before, strategy), self._store(records.filter(pl.col(LINE) >= middle), strategy)]
            )
        return records

    def _reject(self, lines: Iterable[int], name: str, reason: str) -> None:
        self.problems |= dict.fromkeys(lines, (name, reason))

    def _count(self, stored: pl.DataFrame) -> None:
        read = self.read
        records = _without_lines(self.resolved.records.select(LINE), self.problems)
        lines, accepted = records.height, stored.height
        if self.several_a_line:
            lines, accepted = records[LINE].n_unique(), stored[LINE].n_unique()
        rejected = len(read.rejects) + len(self.problems)
        self.counts = Counts(read.lines, accepted, read.skipped, lines - accepted, rejected, stored.height)

    def keep(self, import_id: int) -> None:
        """Keep the rejects, that the part is done, and the counts: these last, since others wait for them."""
        span, counts = self.read.span, self.counts
        if self.problems or self.read.rejects:
            _copy_rejects(import_id, self.rejects())
        ImportedSpan.objects.create(usage_import_id=import_id, start=span.start, end=span.end, lines=span.lines)
        UsageImport.objects.filter(pk=import_id).update(
            **{name: F(name) + count for name, count in counts._asdict().items() if count} or {"lines": F("lines")}
        )

    def rejects(self) -> Iterator[Reject]:
        """All of them, in the order of their lines."""
        return heapq.merge(sorted(self.read.rejects), self._found_when_recording())

    def _found_when_recording(self) -> Iterator[Reject]:
        lines = sorted(self.problems)
        for start in range(0, len(lines), _TEXTS):
            some = lines[start : start + _TEXTS]
            for line, raw in zip(some, self.read.raw(some), strict=True):
                yield Reject(line, raw, *self.problems[line])


class Rehearsal:
    """What would become of the parts of a file: read, resolved and compared with what is recorded, never stored.

    That a record came earlier in the file is told by a 64-bit hash: of many millions, one may be taken for another.
    """

    def __init__(self, profile: Profile, create_subscriptions: bool, since: date | None = None) -> None:
        self.profile = profile
        self.counts = Counts()
        self.rejects: list[Reject] = []
        self._resolver = Resolver(profile, create_subscriptions, since=since, creates=False)
        self._seen = pl.Series(dtype=pl.UInt64)

    def add(self, read: ReadTable) -> None:
        """Count a part."""
        resolved = self._resolver.resolve(read.records)
        on_duplicate = self.profile.reference.on_duplicate
        attempt = _Attempt(read, resolved, on_duplicate, self.profile, is_apart=False)
        records = resolved.records
        named = records.with_columns(read.records["name"].gather(records["position"]))
        keys = named.select(pl.struct(["usage_type", "record_id", "moment", "name"]).hash()).to_series()
        is_new = keys.is_first_distinct() & ~keys.is_in(self._seen.implode())
        self._seen = pl.concat([self._seen, keys.filter(is_new)])
        with transaction.atomic():
            new = bulk.without_known(records.filter(is_new))
        if on_duplicate is OnDuplicate.REJECT:
            attempt._reject(records.join(new, on="position", how="anti")[LINE], attempt.reference, "recorded already")
        attempt._count(_without_lines(new, attempt.problems))
        self.counts += attempt.counts
        room = max(1000 - len(self.rejects), 0)
        self.rejects += islice(attempt.rejects(), room)


def _others(records: pl.DataFrame, some: pl.DataFrame) -> pl.DataFrame:
    """Those that are not among some of them."""
    return records.filter(~pl.col("position").is_in(some["position"].implode()))


def _without_lines(records: pl.DataFrame, lines: Iterable[int]) -> pl.DataFrame:
    left_out = pl.Series(list(lines), dtype=pl.Int64)
    return records.filter(~pl.col(LINE).is_in(left_out.implode())) if len(left_out) else records


def _entries(first: pl.DataFrame) -> Iterator[UsageEntry]:
    for kind, moment, name, quantity, price, record_id, carrier in first.select(
        "usage_type", "moment", "name", "quantity", "price", "record_id", "carrier"
    ).iter_rows():
        yield UsageEntry(UsageType(kind), moment, name, quantity, price, record_id, carrier)


def _is_of_spans(error: IntegrityError) -> bool:
    return "imported_span" in str(error)


def _copy_rejects(import_id: int, rejects: Iterable[Reject]) -> None:
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(_SQL["copy_rejects"]) as copy:
        for line, raw, name, reason in rejects:
            copy.write_row((import_id, line, raw, name, reason))
