# ruff: noqa: N999 - the command's name is a keyword of Python
"""`wingtel import FILE ... --feed PROFILE`: import files of usage records."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, ProgrammingError
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from wingtel.imports import profiles
from wingtel.imports.errors import FeedError, TooManyRejectsError
from wingtel.imports.ingestion import OUTCOMES, Counts
from wingtel.imports.profiles import Profile
from wingtel.imports.service import MOST_REJECTS, ImportOptions, ImportSummary, check_import, import_feed
from wingtel.imports.sources import STANDARD_INPUT, find_files, standard_input
from wingtel.management.arguments import day, whole_number

FAILED, REJECTED, STOPPED = 1, 3, 4
"""Exit codes; 0 when every line was accepted, a duplicate or skipped, 2 for wrong usage."""
_JSON_FIELDS = ("import_id", "file", "feed", *Counts._fields)


class Command(BaseCommand):
    help = "Import carriers' files of usage records."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "files",
            nargs="+",
            metavar="FILE",
            help="a file, a glob, a folder, or - for standard input; plain, gzip, zstd, bzip2, xz or ZIP",
        )
        parser.add_argument(
            "--feed",
            required=True,
            metavar="PROFILE",
            help=f"what they look like: one of {', '.join(profiles.shipped())}, or the path of a TOML file",
        )
        parser.add_argument("--create-subscriptions", action="store_true", help="create subscriptions that are unknown")
        parser.add_argument(
            "--since",
            type=day,
            metavar="DATE",
            help="take records from this day on, however late: history, which is refused otherwise",
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would become of the lines; store nothing")
        parser.add_argument("--again", action="store_true", help="import also what was imported before")
        parser.add_argument(
            "--max-rejects",
            type=whole_number(0),
            default=MOST_REJECTS,
            metavar="N",
            help=f"stop a file when more than N of its lines are rejected (default: {MOST_REJECTS})",
        )
        parser.add_argument(
            "--workers",
            type=whole_number(1, 32),
            default=1,
            metavar="N",
            help="how many parts of a file are stored at the same time (default: 1)",
        )
        parser.add_argument("--format", choices=["table", "json"], default="table", help="of the summaries")
        parser.add_argument("--no-progress", action="store_true", help="show no progress bar")

    def handle(self, *args: Any, **options: Any) -> None:
        import_options = ImportOptions(
            create_subscriptions=options["create_subscriptions"],
            since=options["since"],
            again=options["again"],
            is_dry_run=options["dry_run"],
            max_rejects=options["max_rejects"],
            workers=options["workers"],
        )
        try:
            profile = profiles.find(options["feed"])
            check_import(profile, import_options)
            with _sources(options["files"]) as sources:
                failures, rejected = self._import_all(sources, profile, import_options, options)
        except FeedError as error:
            raise CommandError(str(error)) from error
        if failures:
            code = STOPPED if all(isinstance(error, TooManyRejectsError) for _, error in failures) else FAILED
            raise CommandError(_describe_failures(failures), returncode=code)
        if rejected:
            raise CommandError(f"{rejected} lines were rejected", returncode=REJECTED)

    def _import_all(
        self, sources: list[tuple[str, Path]], profile: Profile, import_options: ImportOptions, options: dict[str, Any]
    ) -> tuple[list[tuple[str, Exception]], int]:
        """Import each file; return the failures, and how many lines were rejected.

        A file that fails does not stop the others.
        """
        failures: list[tuple[str, Exception]] = []
        rejected = 0
        with _progress(hidden=options["no_progress"]) as progress:
            for name, path in sources:
                try:
                    summary = _import(name, path, profile, import_options, progress)
                except (FeedError, OSError) as error:
                    failures.append((name, error))
                    continue
                except ProgrammingError:  # most likely a database that was never migrated
                    raise
                except DatabaseError as error:  # the next file would fail in the same way
                    raise CommandError(_describe_failures([*failures, (name, error)]), returncode=FAILED) from error
                rejected += summary.rejected
                if options["format"] == "json":
                    self.stdout.write(as_json(summary))
                else:
                    show_tables(Console(file=self.stdout, markup=False), summary)  # type: ignore[arg-type]  # writes as a file does
        return failures, rejected


def _import(
    name: str, path: Path, profile: Profile, import_options: ImportOptions, progress: Progress
) -> ImportSummary:
    bar = progress.add_task(name.rpartition("/")[2], total=path.stat().st_size, rate="")

    def show(done: int, counts: Any) -> None:
        elapsed = progress.tasks[bar].elapsed or 0
        rate = f"{counts.lines / elapsed:,.0f} lines/s" if elapsed else ""
        progress.update(bar, completed=done, rate=rate)

    return import_feed(path, profile, import_options, name=name, on_progress=show)


@contextmanager
def _sources(names: list[str]) -> Iterator[list[tuple[str, Path]]]:
    """Yield the name and the path of each file; standard input is called `-`."""
    if STANDARD_INPUT not in names:
        yield [(str(path), path) for path in find_files(names)]
        return
    with standard_input() as spooled:
        files = find_files([name for name in names if name != STANDARD_INPUT])
        yield [(STANDARD_INPUT, spooled), *((str(path), path) for path in files)]


def _describe_failures(failures: Iterable[tuple[str, Exception]]) -> str:
    return "\n".join(f"{name}: {_describe(error)}" for name, error in failures)


def _describe(error: Exception) -> str:
    if isinstance(error, DatabaseError):
        first_line = str(error).strip().partition("\n")[0]
        return f"the database failed: {first_line}; what is recorded stays: import it again to go on"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def as_json(summary: ImportSummary) -> str:
    """Return the summary as one JSON object."""
    return json.dumps(
        {name: getattr(summary, name) for name in _JSON_FIELDS}
        | {
            "was_imported": summary.was_imported,
            "resumed": summary.resumed,
            "equal_lines": summary.equal_lines,
            "warnings": summary.warnings,
            "rejects": [
                {"line": reject.line, "field": reject.field, "reason": reject.reason} for reject in summary.rejects
            ],
            "seconds": round(summary.seconds, 3),
            "lines_per_second": round(summary.lines_per_second),
        }
    )


def show_tables(console: Console, summary: ImportSummary) -> None:
    """Print the counts and the first rejects for people."""
    console.print(_title(summary), soft_wrap=True)
    counts = Table()
    counts.add_column("lines (without header)")
    counts.add_column(f"{summary.lines:,}", justify="right")
    for name in OUTCOMES:
        counts.add_row(name, f"{getattr(summary, name):,}")
    console.print(counts)
    if summary.equal_lines:
        console.print(
            f"duplicate: {summary.equal_lines:,} equal to another line, of this file or an earlier one; the feed has no"
            ' reference, and reference.equal_lines = "numbered" tells such lines apart within a file',
            soft_wrap=True,
        )
    if not summary.was_imported:
        console.print(f"{summary.seconds:.1f} seconds, {summary.lines_per_second:,.0f} lines per second")
    for warning in summary.warnings:
        console.print(f"warning: {warning}", soft_wrap=True)
    if summary.rejects:
        console.print(_rejects(summary))
    if more := summary.rejected - len(summary.rejects):
        console.print(f"and {more:,} more rejected lines{_see_rejects(summary)}")


def _title(summary: ImportSummary) -> str:
    if summary.import_id is None:
        return f"What would become of {summary.file}; nothing was stored"
    if summary.was_imported:
        return f"{summary.file} was imported before (import {summary.import_id}): nothing was done"
    resumed = f", resumed after {summary.resumed:,} lines" if summary.resumed else ""
    return f"Import {summary.import_id} of {summary.file}{resumed}"


def _see_rejects(summary: ImportSummary) -> str:
    return f": wingtel rejects {summary.import_id}" if summary.import_id is not None else ""


def _rejects(summary: ImportSummary) -> Table:
    table = Table(title="Rejected", title_justify="left")
    table.add_column("line", justify="right")
    table.add_column("field")
    table.add_column("reason")
    for reject in summary.rejects:
        table.add_row(str(reject.line), reject.field, reject.reason)
    return table


def _progress(*, hidden: bool) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=Console(file=sys.stderr),
        disable=hidden,
    )
