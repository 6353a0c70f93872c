# ruff: noqa: N999 - the command's name is a word that Python keeps for itself
"""`wingtel import FILE --feed PROFILE`."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from wingtel.feeds import profiles
from wingtel.feeds.errors import FeedError, HeaderError
from wingtel.feeds.importing import ImportOptions, ImportSummary, import_feed


class Command(BaseCommand):
    help = "Import a carrier's file of usage records."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the file to import")
        parser.add_argument(
            "--feed",
            required=True,
            metavar="PROFILE",
            help=f"what it looks like: one of {', '.join(profiles.shipped())}, or the path of a TOML file",
        )
        parser.add_argument("--create-subscriptions", action="store_true", help="create subscriptions that are unknown")
        parser.add_argument("--format", choices=["table", "json"], default="table", help="of the summary")
        parser.add_argument("--no-progress", action="store_true", help="show no progress bar")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        if not file.is_file():
            raise CommandError(f"{file}: there is no such file")
        try:
            profile = profiles.find(options["feed"])
            with _progress(hidden=options["no_progress"]) as progress:
                bar = progress.add_task(file.name, total=file.stat().st_size)
                summary = import_feed(
                    file,
                    profile,
                    ImportOptions(create_subscriptions=options["create_subscriptions"]),
                    on_progress=lambda done, counts: progress.update(bar, completed=done),
                )
        except HeaderError as error:
            raise CommandError(f"{file}: {error}") from error
        except FeedError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror or error}") from error
        if options["format"] == "json":
            self.stdout.write(as_json(summary))
        else:
            show_tables(Console(file=self.stdout), summary)  # type: ignore[arg-type]  # writes as a file does


def as_json(summary: ImportSummary) -> str:
    """The summary as one JSON object."""
    counts = ("import_id", "file", "feed", "lines", "accepted", "skipped", "duplicate", "rejected")
    return json.dumps(
        {name: getattr(summary, name) for name in counts}
        | {
            "rejects": [
                {"line": reject.line, "field": reject.field, "reason": reject.reason} for reject in summary.rejects
            ],
            "seconds": round(summary.seconds, 3),
            "lines_per_second": round(summary.lines_per_second),
        }
    )


def show_tables(console: Console, summary: ImportSummary) -> None:
    """The counts, and the first rejects, for people to read."""
    console.print(f"Import {summary.import_id} of {summary.file}", soft_wrap=True)
    counts = Table()
    counts.add_column("lines (without header)")
    counts.add_column(f"{summary.lines:,}", justify="right")
    for name in ("accepted", "skipped", "duplicate", "rejected"):
        counts.add_row(name, f"{getattr(summary, name):,}")
    console.print(counts)
    console.print(f"{summary.seconds:.1f} seconds, {summary.lines_per_second:,.0f} lines per second")
    if summary.rejects:
        console.print(_rejects(summary))
    if more := summary.rejected - len(summary.rejects):
        console.print(f"and {more:,} more rejected lines, in the table rejected_record")


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
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=hidden,
    )
