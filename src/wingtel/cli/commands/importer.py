"""`wingtel import FILE ... --feed PROFILE`: import files of usage records."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from django.db import DatabaseError, ProgrammingError
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from wingtel.cli.commands.import_summary import print_summaries
from wingtel.cli.errors import CommandError
from wingtel.cli.parameters import DAY, examples, format_option, whole_number
from wingtel.imports import profiles
from wingtel.imports.errors import FeedError, TooManyRejectsError
from wingtel.imports.profiles import Profile
from wingtel.imports.service import MOST_REJECTS, ImportOptions, ImportSummary, check_import, import_feed
from wingtel.imports.sources import STANDARD_INPUT, find_files, standard_input

FAILED, REJECTED, STOPPED = 1, 3, 4
"""Exit codes; 0 when every line was accepted, a duplicate or skipped, 2 for wrong usage."""


@click.command(
    epilog=examples(
        "import usage.csv --feed wingtel --create-subscriptions",
        "import 'incoming/*.csv.gz' --feed att.toml --dry-run",
        "import history/ --feed wingtel --since 2026-01-01 --workers 2",
    )
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--feed",
    required=True,
    metavar="PROFILE",
    help=f"Their format: one of {', '.join(profiles.shipped())}, or the path of a TOML file.",
)
@click.option("--create-subscriptions", is_flag=True, help="Create subscriptions that are unknown.")
@click.option(
    "--since",
    type=DAY,
    help="Take records from this day on, however late: history, which is rejected otherwise.",
)
@click.option("--dry-run", "is_dry_run", is_flag=True, help="Say what would become of the lines; store nothing.")
@click.option("--again", is_flag=True, help="Import also what was imported before.")
@click.option(
    "--max-rejects",
    type=whole_number(0),
    default=MOST_REJECTS,
    show_default=True,
    help="Stop a file when more than N of its lines are rejected.",
)
@click.option(
    "--workers",
    type=whole_number(1, 32),
    default=1,
    show_default=True,
    help="How many parts of a file are stored at the same time.",
)
@click.option("--no-progress", is_flag=True, help="Show no progress bar.")
@format_option()
def command(*, files: tuple[str, ...], feed: str, no_progress: bool, form: str, **options: Any) -> None:
    """Import carriers' files of usage records, and print what became of their lines.

    FILE is a file, a glob, a folder, or - for standard input; plain, gzip, zstd, bzip2, xz or ZIP. Exit code 3 says
    that lines were rejected, 4 that --max-rejects stopped the import. JSON is an object for each file, on a line.
    """
    import_options = ImportOptions(**options)
    try:
        profile = profiles.find(feed)
        check_import(profile, import_options)
        with _sources(list(files)) as sources, _progress(hidden=no_progress) as progress:
            outcome = _Outcome()
            print_summaries(form, outcome.of_all(sources, profile, import_options, progress))
    except FeedError as error:
        raise CommandError(str(error)) from error
    if outcome.failures:
        code = STOPPED if all(isinstance(error, TooManyRejectsError) for _, error in outcome.failures) else FAILED
        raise CommandError(_describe_failures(outcome.failures), exit_code=code)
    if outcome.rejected:
        raise CommandError(f"{outcome.rejected} lines were rejected", exit_code=REJECTED)


class _Outcome:
    """The failures of an import of several files, and how many lines were rejected."""

    def __init__(self) -> None:
        self.failures: list[tuple[str, Exception]] = []
        self.rejected = 0

    def of_all(
        self, sources: list[tuple[str, Path]], profile: Profile, options: ImportOptions, progress: Progress
    ) -> Iterator[ImportSummary]:
        """Import each file and yield its summary. A file that fails does not stop the others."""
        for name, path in sources:
            try:
                summary = _import(name, path, profile, options, progress)
            except (FeedError, OSError) as error:
                self.failures.append((name, error))
                continue
            except ProgrammingError:  # most likely a database that was never migrated
                raise
            except DatabaseError as error:  # the next file would fail in the same way
                raise CommandError(_describe_failures([*self.failures, (name, error)]), exit_code=FAILED) from error
            self.rejected += summary.rejected
            yield summary


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
