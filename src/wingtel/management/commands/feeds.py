"""`wingtel feeds`: list the profiles; check one, draft one, or watch a folder."""

import sys
import time
from argparse import ArgumentParser
from datetime import UTC
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connections
from rich.console import Console
from rich.table import Table

from wingtel.config.watches import COMPLETION_RULE, QUIET, parse_completion
from wingtel.imports import profiles
from wingtel.imports.errors import FeedError
from wingtel.imports.folder_watch import Arrival, FolderWatch
from wingtel.imports.inference import infer_profile, listed
from wingtel.imports.ingestion import OUTCOMES
from wingtel.imports.preview import Preview, preview
from wingtel.imports.service import ImportOptions, check_import, import_feed
from wingtel.management.arguments import option, seconds, whole_number


class Command(BaseCommand):
    help = "List the feed profiles; check one against a file, draft one from a file, or watch a folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", metavar="check|new|watch")
        check = actions.add_parser("check", help="show the first lines of a file as they would be recorded")
        check.add_argument("profile", help="a shipped profile, or the path of a TOML file")
        check.add_argument("file", type=Path)
        check.add_argument(
            "--lines",
            type=whole_number(1),
            default=20,
            metavar="N",
            help="how many (default: 20)",
        )
        new = actions.add_parser("new", help="draft a profile from a sample of a carrier's files")
        new.add_argument("file", type=Path)
        new.add_argument("--output", type=Path, metavar="PROFILE.toml", help="write it there instead of showing it")
        watch = actions.add_parser("watch", help="import what arrives in a folder, until interrupted")
        watch.add_argument("folder", type=Path)
        watch.add_argument("--feed", required=True, metavar="PROFILE")
        watch.add_argument("--create-subscriptions", action="store_true")
        watch.add_argument(
            "--every",
            type=seconds,
            default=2.0,
            metavar="SECONDS",
            help="how often to look into the folder (default: 2)",
        )
        watch.add_argument(
            "--complete",
            type=option(parse_completion, COMPLETION_RULE),
            default=QUIET,
            metavar="RULE",
            help="when a file is complete: rename (at once, by its name), marker (FILE.done or FILE.ok is beside it),"
            " quiet (unchanged at two looks), or quiet:SECONDS (for so long; default: quiet)",
        )
        watch.add_argument("--once", action="store_true", help="import what is there, and end")

    def handle(self, *args: Any, **options: Any) -> None:
        action = {None: self._list, "check": self._check, "new": self._new, "watch": self._watch}[options["action"]]
        try:
            action(options)
        except FeedError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename or ''}: {error.strerror or error}") from error

    def _list(self, options: dict[str, Any]) -> None:
        for name in profiles.shipped():
            self.stdout.write(f"{name:12}  {profiles.find(name).description}")

    def _check(self, options: dict[str, Any]) -> None:
        result = preview(options["file"], profiles.find(options["profile"]), options["lines"])
        width = None if self.stdout.isatty() else 160
        console = Console(file=self.stdout, width=width, markup=False)  # type: ignore[arg-type] # writes like a file
        _show_preview(console, result)

    def _new(self, options: dict[str, Any]) -> None:
        inferred, output = infer_profile(options["file"]), options["output"]
        if inferred.unread:
            self.stderr.write(f"columns left unread: {listed(inferred.unread)}")
        if not output:
            self.stdout.write(inferred.text)
            return
        try:
            with output.open("x", encoding="utf-8") as file:
                file.write(inferred.text)
        except FileExistsError as error:
            raise CommandError(f"{output} is there already") from error
        self.stdout.write(
            f"{output}: look over what is marked CHECK, then: wingtel feeds check {output} {options['file']}"
        )

    def _watch(self, options: dict[str, Any]) -> None:
        profile, import_options = (
            profiles.find(options["feed"]),
            ImportOptions(create_subscriptions=options["create_subscriptions"]),
        )
        check_import(profile, import_options)
        import_file = partial(import_feed, profile=profile, options=import_options)
        watch = FolderWatch(options["folder"], import_file, options["complete"])
        self._write_line(f"Watching {watch.folder}")
        try:
            self._scan_repeatedly(watch, options)
        except KeyboardInterrupt:
            sys.exit(130)

    def _scan_repeatedly(self, watch: FolderWatch, options: dict[str, Any]) -> None:
        while True:
            try:
                arrivals = watch.scan()
            except OperationalError as error:
                self.stderr.write(f"the database does not answer, trying again: {error}".strip())
                connections.close_all()
                arrivals = []
            for arrival in arrivals:
                self._write_line(_describe(arrival))
            if options["once"] and not watch.is_waiting:
                return
            time.sleep(options["every"])

    def _write_line(self, line: str) -> None:
        """Write a line at once, also into a pipe or a log, since a watch writes little and runs for long."""
        self.stdout.write(line)
        self.stdout.flush()


def _show_preview(console: Console, result: Preview) -> None:
    table = Table()
    for name in (
        "line",
        "type",
        "reference",
        "moment (UTC)",
        "subscription",
        "quantity",
        "price",
        "not recorded because",
    ):
        table.add_column(name, justify="right" if name in {"line", "quantity", "price"} else "left", overflow="fold")
    for record in result.records:
        price = "" if record.price is None else str(record.price)
        timestamp = f"{record.timestamp.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
        table.add_row(
            *(str(record.line), record.usage_type, record.record_id, timestamp, record.subscription),
            *(f"{record.quantity:,}", price, record.note),
        )
    for reject in result.rejects:
        field = f"{reject.field}: " if reject.field else ""
        table.add_row(str(reject.line), *[""] * 6, f"{field}{reject.reason}")
    console.print(f"columns: {', '.join(map(repr, result.columns))}")
    console.print(table)
    console.print(
        f"{result.lines} lines, {result.skipped} of them skipped, {len(result.rejects)} rejected; nothing was stored"
    )


def _describe(arrival: Arrival) -> str:
    if arrival.summary is None:
        return f"{arrival.name}: failed: {arrival.problem}"
    counts = ", ".join(f"{getattr(arrival.summary, name):,} {name}" for name in OUTCOMES)
    warnings = "".join(f"; warning: {warning}" for warning in arrival.summary.warnings)
    return f"{arrival.name}: {arrival.summary.lines:,} lines: {counts}{warnings}"
