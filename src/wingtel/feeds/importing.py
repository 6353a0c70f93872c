"""Importing a file: read a chunk, record it, and keep what became of it, in one transaction per chunk."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from wingtel.recording import NamedBy, record_usage
from wingtel.usage.business_days import time_zone

from .delimited import CHUNK_LINES, Chunk, Reject, read_chunks, storable
from .errors import FeedError, ProfileError
from .models import RejectedRecord, UsageImport
from .profiles import Profile

Progress = Callable[[int], None]
"""Told, after each chunk's commit, how many bytes of the file are done."""


@dataclass(frozen=True, kw_only=True)
class ImportSummary:
    """What became of a file's data lines: accepted + skipped + duplicate + rejected == lines.

    `rejects` are the first `ImportSummary.SHOWN` in the order of the file; all of them are kept as
    RejectedRecord.
    """

    SHOWN = 20

    import_id: int
    file: str
    feed: str
    lines: int
    accepted: int
    skipped: int
    duplicate: int
    rejected: int
    rejects: list[Reject]
    seconds: float

    @property
    def lines_per_second(self) -> float:
        """Data lines per second of the whole import."""
        return self.lines / self.seconds if self.seconds else 0.0


def import_feed(
    path: Path,
    profile: Profile,
    *,
    create_subscriptions: bool = False,
    on_progress: Progress | None = None,
    chunk_lines: int = CHUNK_LINES,
) -> ImportSummary:
    """Record the usage in a file; each chunk is committed on its own.

    A file that was imported before goes through again, and its records are counted as duplicates.

    Raises FeedError (a HeaderError, a ProfileError) when nothing of the file can be imported, and OSError
    when it cannot be read. Whatever ends the import early leaves it marked as failed, with the counts of what
    was committed.
    """
    _check_creation(profile, create_subscriptions)
    started = time.perf_counter()
    run = UsageImport.objects.create(file=str(path), sha256=_sha256(path), feed=profile.name)
    try:
        for chunk in read_chunks(path, profile, time_zone(), chunk_lines):
            _record_chunk(run, chunk, profile, create_subscriptions)
            if on_progress:
                on_progress(chunk.bytes_read)
    except BaseException:
        _finish(run, UsageImport.Status.FAILED)
        raise
    _finish(run, UsageImport.Status.COMPLETED)
    return _summary(run, time.perf_counter() - started)


def _check_creation(profile: Profile, create_subscriptions: bool) -> None:
    if not create_subscriptions:
        return
    if profile.naming.by is NamedBy.ID:
        raise FeedError("subscriptions cannot be created: the profile names them by id, which the database gives")
    if not profile.carrier:
        raise ProfileError(f"{profile.name}.toml: carrier: missing; it is needed to create subscriptions")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _record_chunk(run: UsageImport, chunk: Chunk, profile: Profile, create_subscriptions: bool) -> None:
    with transaction.atomic():
        recorded = record_usage(
            chunk.entries, named_by=profile.naming.by, create_subscriptions=create_subscriptions, checked=True
        )
        rejects = chunk.rejects + [
            Reject(chunk.numbers[index], storable(chunk.raw[index].encode()), _column(profile, field), reason)
            for index, field, reason in recorded.refused
        ]
        UsageImport.objects.filter(pk=run.pk).update(
            lines=F("lines") + chunk.lines,
            accepted=F("accepted") + recorded.accepted,
            skipped=F("skipped") + chunk.skipped,
            duplicate=F("duplicate") + len(recorded.duplicates),
            rejected=F("rejected") + len(rejects),
        )
        RejectedRecord.objects.bulk_create(
            (
                RejectedRecord(usage_import=run, line=line, raw=raw, field=field, reason=reason)
                for line, raw, field, reason in sorted(rejects)
            ),
            batch_size=2000,
        )


def _column(profile: Profile, field: str) -> str:
    """What the feed calls a field that recording refused."""
    return str(profile.naming.column) if field == profile.naming.by.value else field


def _finish(run: UsageImport, status: UsageImport.Status) -> None:
    running = UsageImport.objects.filter(pk=run.pk, status=UsageImport.Status.RUNNING)
    running.update(status=status, finished_at=timezone.now())


def _summary(run: UsageImport, seconds: float) -> ImportSummary:
    run.refresh_from_db()
    return ImportSummary(
        import_id=run.pk,
        file=run.file,
        feed=run.feed,
        lines=run.lines,
        accepted=run.accepted,
        skipped=run.skipped,
        duplicate=run.duplicate,
        rejected=run.rejected,
        rejects=[
            Reject(reject.line, reject.raw, reject.field, reject.reason)
            for reject in run.rejects.order_by("line")[: ImportSummary.SHOWN]
        ],
        seconds=seconds,
    )
