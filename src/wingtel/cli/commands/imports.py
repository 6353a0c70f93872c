"""`wingtel imports`: list the imports with their outcome, show one, or get the lines it rejected."""

import sys
from collections.abc import Iterator
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import Any

import click

from wingtel.cli.errors import CommandError
from wingtel.cli.output import (
    TABLE_ROWS,
    Form,
    print_json_rows,
    print_lines,
    print_one,
    print_results,
    print_table,
)
from wingtel.cli.parameters import examples, format_option, rows_option
from wingtel.imports.ingestion import Counts
from wingtel.imports.models import UsageImport

COLUMNS = ("id", "file", "sha256", "feed", "status", "problem", "started_at", "finished_at", *Counts._fields)
SHOWN = ("id", "file", "feed", "status", "lines", "accepted", "rejected")
REJECTS = ("file", "line", "field", "reason", "raw")
REJECTS_SHOWN = ("line", "field", "reason", "raw")


@click.group()
def command() -> None:
    """List the imports with their outcome, show one, or get the lines it rejected."""


@command.command("list", epilog=examples("imports list", "imports list --rows 5 --format json"))
@rows_option(50)
@format_option()
def list_imports(*, rows: int, form: str) -> None:
    """List the imports, the latest first."""
    print_results(form, UsageImport.objects.order_by("-pk").values(*COLUMNS)[:rows], COLUMNS, shown=SHOWN)


@command.command("show", epilog=examples("imports show 12"))
@click.argument("import_id", metavar="IMPORT", type=int)
@format_option()
def show(*, import_id: int, form: str) -> None:
    """Show IMPORT (its id)."""
    _find(import_id)
    print_one(form, UsageImport.objects.values(*COLUMNS).get(pk=import_id))


@command.command("rejects", epilog=examples("imports rejects 12", "imports rejects 12 --format csv --output bad.csv"))
@click.argument("import_id", metavar="IMPORT", type=int)
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write there instead.")
@format_option()
def rejects(*, import_id: int, output: Path | None, form: str) -> None:
    """Get the lines that IMPORT (its id) rejected, with the reasons.

    CSV is the lines alone, in the feed's own format and encoding, to correct and import them.
    """
    run = _find(import_id)
    try:
        if form == Form.CSV:
            with output.open("wb") if output else nullcontext(sys.stdout.buffer) as file:
                file.writelines(line.encode(run.encoding, errors="backslashreplace") for line in _raw_lines(run))
                file.flush()
            return
        with output.open("w", encoding="utf-8") if output else nullcontext(sys.stdout) as text, redirect_stdout(text):
            _print_rejects(run, form)
    except OSError as error:
        raise CommandError(f"cannot write {output}: {error.strerror}") from error


def _print_rejects(run: UsageImport, form: str) -> None:
    match form:
        case Form.JSON:
            print_json_rows(_reject_rows(run))
        case Form.TABLE:
            print_table(_reject_rows(run), REJECTS_SHOWN, title=f"Rejected of {run.file}", most=TABLE_ROWS)
        case _:
            print_lines(form, REJECTS, _reject_rows(run))


def _reject_rows(run: UsageImport) -> Iterator[dict[str, Any]]:
    for reject in run.rejects.order_by("line", "pk").iterator():
        members = {name: getattr(reject, name) for name in REJECTS if name != "file"}
        yield {"file": run.file} | members


def _raw_lines(run: UsageImport) -> Iterator[str]:
    if run.header:
        yield f"{run.header}\n"
    for reject in run.rejects.order_by("line", "pk").iterator():
        yield f"{reject.raw}\n"


def _find(import_id: int) -> UsageImport:
    run = UsageImport.objects.filter(pk=import_id).first()
    if run is None:
        raise CommandError(f"there is no import {import_id}")
    return run
