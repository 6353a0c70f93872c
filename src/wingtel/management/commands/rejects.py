"""`wingtel rejects ID`: show the lines that an import rejected, with the reasons."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.table import Table

from wingtel.imports.models import RejectedRecord, UsageImport

from .imports import find_import

TABLE_ROWS = 100


class Command(BaseCommand):
    help = "Show the lines that an import refused; as csv, in the feed's own format, to mend and import them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", type=int, metavar="ID", help="the import")
        parser.add_argument("--format", choices=["table", "json", "csv"], default="table")
        parser.add_argument("--output", type=Path, metavar="FILE", help="write there instead")

    def handle(self, *args: Any, **options: Any) -> None:
        run = find_import(options["id"])
        rejects = run.rejects.order_by("line", "pk")
        form: str = options["format"]
        if form == "table":
            self._table(run)
        elif form == "json":
            self._write("".join(f"{_as_json(run, reject)}\n" for reject in rejects.iterator()), "utf-8", options)
        else:
            header = f"{run.header}\n" if run.header else ""
            self._write(header + "".join(f"{reject.raw}\n" for reject in rejects.iterator()), run.encoding, options)

    def _write(self, text: str, encoding: str, options: dict[str, Any]) -> None:
        output: Path | None = options["output"]
        content = text.encode(encoding, errors="backslashreplace")
        if output:
            output.write_bytes(content)
        elif getattr(self.stdout, "_out", None) is sys.__stdout__ and sys.__stdout__:
            sys.__stdout__.buffer.write(content)  # in the encoding of the feed, not of the terminal
        else:
            self.stdout.write(text, ending="")

    def _table(self, run: UsageImport) -> None:
        table = Table(title=f"Rejected of {run.file}", title_justify="left")
        for name in ("line", "field", "reason", "text"):
            table.add_column(name, justify="right" if name == "line" else "left", overflow="fold")
        for reject in run.rejects.order_by("line", "pk")[:TABLE_ROWS]:
            table.add_row(str(reject.line), reject.field, reject.reason, reject.raw[:200])
        width = None if self.stdout.isatty() else 160
        console = Console(file=self.stdout, width=width, markup=False)  # type: ignore[arg-type] # writes like a file
        console.print(table)
        if (more := run.rejected - TABLE_ROWS) > 0:
            console.print(f"and {more:,} more: see --format")


def _as_json(run: UsageImport, reject: RejectedRecord) -> str:
    return json.dumps(
        {
            "file": run.file,
            "line": reject.line,
            "field": reject.field,
            "reason": reject.reason,
            "raw": reject.raw,
        },
        ensure_ascii=False,
    )
