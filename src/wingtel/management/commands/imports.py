"""`wingtel imports`: list the imports with their outcome, or show one."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

from wingtel.imports.ingestion import Counts
from wingtel.imports.models import UsageImport
from wingtel.management.arguments import whole_number

COUNTS = Counts._fields


class Command(BaseCommand):
    help = "List the imports, the latest first, or show one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", nargs="?", choices=["show"], help="show one import")
        parser.add_argument("id", nargs="?", type=int, metavar="ID", help="which one")
        parser.add_argument(
            "--limit", type=whole_number(0), default=50, metavar="N", help="how many to list (default: 50)"
        )
        parser.add_argument("--format", choices=["table", "json"], default="table")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"]:
            self._show(options["id"], options["format"])
        else:
            self._list(list(UsageImport.objects.order_by("-pk")[: options["limit"]]), options["format"])

    def _list(self, imports: list[UsageImport], form: str) -> None:
        if form == "json":
            self.stdout.write(json.dumps([as_dict(run) for run in imports]))
            return
        table = Table()
        for name in ("id", "file", "feed", "status", "started (UTC)", *COUNTS[:-1]):
            table.add_column(name, justify="right" if name in {"id", *COUNTS} else "left", overflow="fold")
        for run in imports:
            counts = (f"{getattr(run, name):,}" for name in COUNTS[:-1])
            table.add_row(str(run.pk), run.file, run.feed, run.status, f"{run.started_at:%Y-%m-%d %H:%M}", *counts)
        width = None if self.stdout.isatty() else 160
        Console(file=self.stdout, width=width).print(table)  # type: ignore[arg-type] # writes like a file

    def _show(self, number: int | None, form: str) -> None:
        run = find_import(number)
        if form == "json":
            self.stdout.write(json.dumps(as_dict(run)))
            return
        for name, value in as_dict(run).items():
            self.stdout.write(
                f"{name:>15}  {value:,}" if isinstance(value, int) and name != "id" else f"{name:>15}  {value}"
            )


def find_import(number: int | None) -> UsageImport:
    """Return the import of that number. Raises CommandError if there is none."""
    if number is None:
        raise CommandError("which import? Say its number")
    run = UsageImport.objects.filter(pk=number).first()
    if run is None:
        raise CommandError(f"there is no import {number}")
    return run


def as_dict(run: UsageImport) -> dict[str, Any]:
    """Return everything about an import, for JSON."""
    return {
        "id": run.pk,
        "file": run.file,
        "sha256": run.sha256,
        "feed": run.feed,
        "status": run.status,
        "problem": run.problem,
        "started_at": run.started_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
    } | {name: getattr(run, name) for name in COUNTS}
