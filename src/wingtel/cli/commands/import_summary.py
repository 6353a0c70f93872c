"""The summary of an imported file."""

import json
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.table import Table

from wingtel.cli.output import Form, console, print_lines, say
from wingtel.imports.ingestion import OUTCOMES, Counts
from wingtel.imports.service import ImportSummary

_COUNTED = ("import_id", "file", "feed", *Counts._fields)
COLUMNS = (*_COUNTED, "was_imported", "resumed", "equal_lines", "warnings", "seconds", "lines_per_second")


def print_summaries(form: str, summaries: Iterable[ImportSummary]) -> None:
    """Print each summary as it comes: a table with the first rejects, an object on a line, or a row."""
    match form:
        case Form.TABLE:
            for summary in summaries:
                _print_tables(console(), summary)
        case Form.JSON:
            for summary in summaries:
                say(json.dumps(_as_dict(summary)))
        case _:
            print_lines(form, COLUMNS, map(_as_dict, summaries))


def _as_dict(summary: ImportSummary) -> dict[str, Any]:
    return {name: getattr(summary, name) for name in _COUNTED} | {
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


def _print_tables(console: Console, summary: ImportSummary) -> None:
    """Print the counts and the first rejects for people."""
    console.print(_title(summary), soft_wrap=True)
    counts = Table(box=None, padding=(0, 2, 0, 0))
    counts.add_column("lines (without header)")
    counts.add_column(f"{summary.lines}", justify="right")
    for name in OUTCOMES:
        counts.add_row(name, f"{getattr(summary, name)}")
    console.print(counts)
    if summary.equal_lines:
        console.print(
            f"duplicate: {summary.equal_lines} equal to another line, of this file or an earlier one; the feed has no"
            ' reference, and reference.equal_lines = "numbered" keeps such lines apart within a file',
            soft_wrap=True,
        )
    if not summary.was_imported:
        console.print(f"{summary.seconds:.1f} seconds, {summary.lines_per_second:.0f} lines per second")
    for warning in summary.warnings:
        console.print(f"warning: {warning}", soft_wrap=True)
    if summary.rejects:
        console.print(_rejects(summary))
    if more := summary.rejected - len(summary.rejects):
        console.print(f"and {more} more rejected lines{_see_rejects(summary)}")


def _title(summary: ImportSummary) -> str:
    if summary.import_id is None:
        return f"What would become of {summary.file}; nothing was stored"
    if summary.was_imported:
        return f"{summary.file} was imported before (import {summary.import_id}): nothing was done"
    resumed = f", resumed after {summary.resumed} lines" if summary.resumed else ""
    return f"Import {summary.import_id} of {summary.file}{resumed}"


def _see_rejects(summary: ImportSummary) -> str:
    return f": wingtel imports rejects {summary.import_id}" if summary.import_id is not None else ""


def _rejects(summary: ImportSummary) -> Table:
    table = Table(title="Rejected", title_justify="left", box=None, padding=(0, 2, 0, 0))
    table.add_column("line", justify="right")
    table.add_column("field")
    table.add_column("reason")
    for reject in summary.rejects:
        table.add_row(str(reject.line), reject.field, reject.reason)
    return table
