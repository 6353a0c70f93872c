"""Importing a file: its parts are read ahead, and each is recorded, counted and noted as done in one transaction."""

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

from .batching import PART_LINES
from .blocks import BLOCK_LINES, Span
from .errors import FeedError, ProfileError, TooManyRejectsError
from .fields import Reject
from .ingestion import Counts, DryRun, PartIngestor
from .models import UsageImport
from .profiles import Profile
from .reader import Opened, Read, reading
from .sources import content_hash

MOST_REJECTS = 1_000_000
"""Rejected lines that one run of an import stores, unless it is told otherwise."""

Progress = Callable[[int, Counts], None]
"""Told, after each chunk's commit, how many bytes of the file are done, and what became of the lines so far."""


@dataclass(frozen=True, kw_only=True)
class ImportOptions:
    """Options of an import.

    `since`: take records from this day on, however late they are. `again`: also what was imported before.
    `is_dry_run`: nothing is stored. `max_rejects`: with more in one run, the import stops. `workers`: how many chunks
    are recorded at the same time, each on a connection of its own if several.
    `chunk_lines`: lines that are committed together at most; `block_lines`: lines that are read at a time at most.
    """

    create_subscriptions: bool = False
    since: date | None = None
    again: bool = False
    is_dry_run: bool = False
    max_rejects: int = MOST_REJECTS
    workers: int = 1
    chunk_lines: int = PART_LINES
    block_lines: int = BLOCK_LINES


@dataclass(frozen=True, kw_only=True)
class ImportSummary:
    """Outcome of a file's data lines: accepted + skipped + duplicate + conflict + rejected == lines.

    `rejects` are the first `ImportSummary.SHOWN` in the order of the file; all of them are kept as
    RejectedRecord. `was_imported` says that this very file had been imported before, with these counts, and that
    nothing was done; `resumed` are the lines that an earlier, interrupted run had recorded. `warnings` say what may be
    wrong with the part of the file that was read. A dry run has no `import_id`. `equal_lines` are the duplicates that
    are such for want of a reference: all their fields are those of another line, of this file or of an earlier one.
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
    """Record the usage in a file, which is called `name` in what is kept of it; each chunk is committed on its own.

    An import that was interrupted is resumed. A file (by its content and the profile's) that was imported without
    rejects before is left alone, unless `again`; with rejects, it goes through again, and what is recorded counts as
    duplicate.
    While another session imports the same file, waits for it.

    Raises FeedError (a HeaderError, ProfileError, SourceError, TooManyRejectsError) and OSError when the file, or the
    rest of it, cannot be imported. Whatever ends the import early leaves it marked as failed, with the counts of what
    was committed, or as running where nothing could be marked any more; the same call resumes it.
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
    """Raise FeedError when the profile cannot do what is asked of it, whatever the file."""
    for key, code in named_carriers(profile):
        try:
            carriers.check(code)
        except carriers.UnknownCarrierError as error:
            raise ProfileError(f"{profile.name}.toml: {key}: {error}") from error
    if not options.create_subscriptions:
        return
    if profile.naming.by is Lookup.ID:
        raise FeedError("subscriptions cannot be created: the profile names them by id, which the database gives")
    if not profile.carrier:
        raise ProfileError(f"{profile.name}.toml: carrier: missing; it is needed to create subscriptions")


def named_carriers(profile: Profile) -> Iterator[tuple[str, str]]:
    """Yield each key of a profile that names a carrier, and the code that it gives."""
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
    """Import what is not done of a file; return its warnings."""
    UsageImport.objects.filter(pk=run.pk).update(status=UsageImport.Status.RUNNING, finished_at=None, problem="")
    done = [Span(*span) for span in run.spans.values_list("start", "end", "lines")]
    try:
        with _reading(path, profile, options, done) as source:
            UsageImport.objects.filter(pk=run.pk).update(header=source.header)
            _record(run, profile, options, source.parts, on_progress)
    except BaseException as error:
        if connection.is_usable():
            _finish(run, UsageImport.Status.FAILED, str(error).replace(str(path), run.file))
        raise
    _finish(run, UsageImport.Status.COMPLETED)
    return source.warnings


def _reading(
    path: Path, profile: Profile, options: ImportOptions, done: Sequence[Span] = ()
) -> AbstractContextManager[Opened]:
    return reading(
        path, profile, time_zone(), done=done, chunk_lines=options.chunk_lines, block_lines=options.block_lines
    )


def _record(
    run: UsageImport,
    profile: Profile,
    options: ImportOptions,
    parts: Iterator[Read],
    on_progress: Progress | None,
) -> None:
    counts = _counts(run)
    before = counts.rejected
    ingestor = PartIngestor(run, profile, options.create_subscriptions, options.since)
    outcomes: Iterator[tuple[Counts, int]]
    if options.workers == 1:
        outcomes = ((ingestor.ingest(part.table), part.bytes_read) for part in parts)
    else:
        outcomes = _by_workers(ingestor, parts, options.workers)
    for chunk, bytes_read in outcomes:
        counts += chunk
        rejected = counts.rejected - before
        if on_progress:
            on_progress(bytes_read, counts)
        if rejected > options.max_rejects:
            raise TooManyRejectsError(
                f"{rejected} lines were rejected, more than {options.max_rejects}: the import stopped after"
                f" {counts.lines} lines; see `wingtel rejects {run.pk}`, and import again to go on"
            )


def _by_workers(ingestor: PartIngestor, parts: Iterator[Read], workers: int) -> Iterator[tuple[Counts, int]]:
    """Ingest several parts at a time, each in a thread with a connection of its own."""

    def work(part: Read) -> tuple[Counts, int]:
        try:
            return ingestor.ingest(part.table), part.bytes_read
        finally:
            connections.close_all()  # back to the pool

    busy: set[Future[tuple[Counts, int]]] = set()
    with ThreadPoolExecutor(workers, thread_name_prefix="ingesting") as pool:
        try:
            for part in parts:
                busy.add(pool.submit(work, part))
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
    """Return the outcome that an import would have; store nothing."""
    dry_run = DryRun(profile, options.create_subscriptions, options.since)
    with _reading(path, profile, options) as source:
        for part in source.parts:
            dry_run.add(part.table)
            if on_progress:
                on_progress(part.bytes_read, dry_run.counts)
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
