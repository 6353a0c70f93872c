"""Import of a file: batches are read ahead, and each is ingested and marked as done in one transaction."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.db import connection, connections
from django.utils import timezone

from wingtel.db.locks import advisory_lock
from wingtel.ingest.batch import Lookup
from wingtel.subscriptions import carriers
from wingtel.usage.business_days import time_zone

from .batching import MAX_BATCH_LINES
from .chunks import CHUNK_LINES, ByteRange
from .errors import FeedError, ProfileError, TooManyRejectsError
from .fields import Reject
from .ingestion import BatchIngestor, Counts, DryRun
from .models import UsageImport
from .profiles import Profile
from .reader import Opened, ReadBatch, reading
from .sources import content_hash

MOST_REJECTS = 1_000_000
"""Default of the most rejected lines that one run of an import stores."""

Progress = Callable[[int, Counts], None]
"""A function called after the commit of each batch, with the bytes of the file that are read and the counts so far."""


@dataclass(frozen=True, kw_only=True)
class ImportOptions:
    """Options of an import.

    `since`: accept records from this day on, however late they are. `again`: import a file that was imported before.
    `is_dry_run`: store nothing. `max_rejects`: the import stops when one run rejects more lines. `workers`: number of
    batches that are ingested at the same time; with several, each is on a connection of its own.
    `batch_lines`: most lines that are committed together. `chunk_lines`: most lines that are read at a time.
    """

    create_subscriptions: bool = False
    since: date | None = None
    again: bool = False
    is_dry_run: bool = False
    max_rejects: int = MOST_REJECTS
    workers: int = 1
    batch_lines: int = MAX_BATCH_LINES
    chunk_lines: int = CHUNK_LINES


@dataclass(frozen=True, kw_only=True)
class ImportSummary:
    """Outcome of a file's data lines: accepted + skipped + duplicate + conflict + rejected == lines.

    `rejects` has the first `ImportSummary.SHOWN` in the order of the file; all are stored as RejectedRecord.
    `was_imported`: this file was imported before, with these counts, and nothing was done. `resumed` counts the lines
    that an earlier, interrupted run ingested. `warnings` state what may be wrong with the lines that were read. A dry
    run has no `import_id`. `equal_lines` counts the duplicates of a feed without a reference: all their fields are
    those of another line, of this file or of an earlier one.
    """

    SHOWN = 20

    import_id: int | None
    file: str
    feed: str
    lines: int
    accepted: int
    skipped: int
    duplicate: int
    conflict: int
    rejected: int
    records: int
    rejects: list[Reject]
    seconds: float
    was_imported: bool = False
    resumed: int = 0
    equal_lines: int = 0
    warnings: tuple[str, ...] = ()

    @property
    def lines_per_second(self) -> float:
        """Data lines per second of this run."""
        lines = 0 if self.was_imported else self.lines - self.resumed
        return lines / self.seconds if self.seconds else 0.0


def import_feed(
    path: Path,
    profile: Profile,
    options: ImportOptions = ImportOptions(),
    *,
    name: str = "",
    on_progress: Progress | None = None,
) -> ImportSummary:
    """Import the usage in a file, in batches that are committed one by one. The file is stored under the name `name`.

    An import that was interrupted is resumed. A file that was imported without rejects is not imported again, unless
    with `again`; it is recognized by its content and the profile's. A file that had rejects is imported again, and
    records that are stored already count as duplicates. While another session imports the same file, wait for it.

    Raises FeedError (a HeaderError, ProfileError, SourceError or TooManyRejectsError) and OSError when the file, or the
    rest of it, cannot be imported. An import that ends early is marked as failed, with the counts of what was
    committed. If it cannot be marked any more, it stays marked as running. The same call resumes it.
    """
    check_import(profile, options)
    started = time.perf_counter()
    name = name or str(path)
    if options.is_dry_run:
        return _dry_run(path, profile, options, name, started, on_progress)
    sha256 = content_hash(path)
    with advisory_lock(f"{sha256} {profile.digest}", wait=True):
        earlier = UsageImport.objects.filter(sha256=sha256, profile_sha256=profile.digest).order_by("-pk").first()
        if earlier and not options.again and _is_done(earlier):
            return _summary(earlier, profile, time.perf_counter() - started, was_imported=True)
        run = earlier if earlier and _is_resumable(earlier) else _new_run(name, sha256, profile)
        resumed = run.lines
        warnings = _run(run, path, profile, options, on_progress)
        return _summary(run, profile, time.perf_counter() - started, resumed=resumed, warnings=warnings)


def check_import(profile: Profile, options: ImportOptions) -> None:
    """Raise FeedError when the profile does not allow an import with these options, whatever the file."""
    for key, code in carrier_codes(profile):
        try:
            carriers.check(code)
        except carriers.UnknownCarrierError as error:
            raise ProfileError(f"{profile.name}.toml: {key}: {error}") from error
    if not options.create_subscriptions:
        return
    if profile.identifier.by is Lookup.ID:
        raise FeedError("subscriptions cannot be created: the profile names them by id, which the database gives")
    if not profile.carrier:
        raise ProfileError(f"{profile.name}.toml: carrier: missing; it is needed to create subscriptions")


def carrier_codes(profile: Profile) -> Iterator[tuple[str, str]]:
    """Yield each key of a profile that gives a carrier's code, and the code."""
    if profile.carrier and profile.carrier.constant is not None:
        yield "carrier.constant", profile.carrier.constant
    for value, code in profile.carrier.values.items() if profile.carrier else ():
        yield f"carrier.values.{value}", code


def _is_done(run: UsageImport) -> bool:
    return run.status == UsageImport.Status.COMPLETED and run.rejected == 0


def _is_resumable(run: UsageImport) -> bool:
    return run.status != UsageImport.Status.COMPLETED


def _new_run(name: str, sha256: str, profile: Profile) -> UsageImport:
    return UsageImport.objects.create(
        file=name,
        sha256=sha256,
        feed=profile.name,
        profile_sha256=profile.digest,
        encoding=profile.layout.encoding,
    )


def _run(
    run: UsageImport, path: Path, profile: Profile, options: ImportOptions, on_progress: Progress | None
) -> list[str]:
    """Import the rest of a file. Return the warnings."""
    UsageImport.objects.filter(pk=run.pk).update(status=UsageImport.Status.RUNNING, finished_at=None, problem="")
    done = [ByteRange(*each) for each in run.ranges.values_list("start", "end", "lines")]
    try:
        with _reading(path, profile, options, done) as source:
            UsageImport.objects.filter(pk=run.pk).update(header=source.header)
            _ingest(run, profile, options, source.batches, on_progress)
    except BaseException as error:
        if connection.is_usable():
            _finish(run, UsageImport.Status.FAILED, str(error).replace(str(path), run.file))
        raise
    _finish(run, UsageImport.Status.COMPLETED)
    return source.warnings


def _reading(
    path: Path, profile: Profile, options: ImportOptions, done: Sequence[ByteRange] = ()
) -> AbstractContextManager[Opened]:
    return reading(
        path, profile, time_zone(), done=done, batch_lines=options.batch_lines, chunk_lines=options.chunk_lines
    )


def _ingest(
    run: UsageImport,
    profile: Profile,
    options: ImportOptions,
    batches: Iterator[ReadBatch],
    on_progress: Progress | None,
) -> None:
    counts = _counts(run)
    before = counts.rejected
    ingestor = BatchIngestor(run, profile, options.create_subscriptions, options.since)
    outcomes: Iterator[tuple[Counts, int]]
    if options.workers == 1:
        outcomes = ((ingestor.ingest(batch.table), batch.bytes_read) for batch in batches)
    else:
        outcomes = _by_workers(ingestor, batches, options.workers)
    for batch_counts, bytes_read in outcomes:
        counts += batch_counts
        rejected = counts.rejected - before
        if on_progress:
            on_progress(bytes_read, counts)
        if rejected > options.max_rejects:
            raise TooManyRejectsError(
                f"{rejected} lines were rejected, more than {options.max_rejects}: the import stopped after"
                f" {counts.lines} lines; see `wingtel imports rejects {run.pk}`, and import again to go on"
            )


def _by_workers(ingestor: BatchIngestor, batches: Iterator[ReadBatch], workers: int) -> Iterator[tuple[Counts, int]]:
    """Ingest several batches at a time, each in a thread with a connection of its own."""

    def work(batch: ReadBatch) -> tuple[Counts, int]:
        try:
            return ingestor.ingest(batch.table), batch.bytes_read
        finally:
            connections.close_all()  # back to the pool

    busy: set[Future[tuple[Counts, int]]] = set()
    with ThreadPoolExecutor(workers, thread_name_prefix="ingesting") as pool:
        try:
            for batch in batches:
                busy.add(pool.submit(work, batch))
                if len(busy) == workers:
                    done, busy = wait(busy, return_when=FIRST_COMPLETED)
                    for future in done:
                        yield future.result()
            for future in busy:
                yield future.result()
        finally:
            wait(busy)


def _counts(run: UsageImport) -> Counts:
    return Counts(*(getattr(run, name) for name in Counts._fields))


def _finish(run: UsageImport, status: UsageImport.Status, problem: str = "") -> None:
    running = UsageImport.objects.filter(pk=run.pk, status=UsageImport.Status.RUNNING)
    running.update(status=status, finished_at=timezone.now(), problem=problem)


def _summary(
    run: UsageImport,
    profile: Profile,
    seconds: float,
    *,
    was_imported: bool = False,
    resumed: int = 0,
    warnings: Sequence[str] = (),
) -> ImportSummary:
    run.refresh_from_db()
    return ImportSummary(
        import_id=run.pk,
        file=run.file,
        feed=run.feed,
        **_counts(run)._asdict(),
        rejects=[
            Reject(reject.line, reject.raw, reject.field, reject.reason)
            for reject in run.rejects.order_by("line")[: ImportSummary.SHOWN]
        ],
        seconds=seconds,
        was_imported=was_imported,
        resumed=resumed,
        equal_lines=_equal_lines(profile, run.duplicate),
        warnings=tuple(warnings),
    )


def _equal_lines(profile: Profile, duplicate: int) -> int:
    reference = profile.reference
    return 0 if reference.columns or reference.numbers_lines else duplicate


def _dry_run(
    path: Path,
    profile: Profile,
    options: ImportOptions,
    name: str,
    started: float,
    on_progress: Progress | None,
) -> ImportSummary:
    """Return the outcome that an import would have. Store nothing."""
    dry_run = DryRun(profile, options.create_subscriptions, options.since)
    with _reading(path, profile, options) as source:
        for batch in source.batches:
            dry_run.add(batch.table)
            if on_progress:
                on_progress(batch.bytes_read, dry_run.counts)
    return ImportSummary(
        import_id=None,
        file=name,
        feed=profile.name,
        **dry_run.counts._asdict(),
        rejects=dry_run.rejects[: ImportSummary.SHOWN],
        seconds=time.perf_counter() - started,
        equal_lines=_equal_lines(profile, dry_run.counts.duplicate),
        warnings=tuple(source.warnings),
    )
