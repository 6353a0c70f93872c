"""Options and output shared by the commands that answer questions."""

import csv
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Literal

import msgspec
from django.core.management.base import CommandError, CommandParser, OutputWrapper
from msgspec import Struct
from rich.console import Console
from rich.table import Table
from rich.text import Text

from wingtel.aggregates import validation
from wingtel.aggregates.filters import SubscriptionFilter, ids_named
from wingtel.aggregates.periods import Period
from wingtel.aggregates.queries import ALL_TYPES
from wingtel.aggregates.validation import Parameter
from wingtel.exports.formats import Format
from wingtel.management.arguments import option, whole_number
from wingtel.shapes import Column, ColumnKind
from wingtel.subscriptions.models import Plan
from wingtel.usage.models import UsageType

_FORMULA = re.compile(r"[=@\t\r]|[+-](?![0-9.]+$)")
"""The start of a cell that a spreadsheet would compute; a number with a sign is none."""
FORMATS = ("table", "json", "csv")
PAGED = ("table", "json")
TABLE_ROWS = 100
FILTERS = (
    validation.USAGE_TYPE,
    validation.SUBSCRIPTION_ID,
    validation.PHONE_NUMBER,
    validation.EXTERNAL_ID,
    validation.CARRIER,
)
PAGE = 1000


def add_question(parser: CommandParser, question: Parameter, **options: Any) -> None:
    """Add the option for the API's parameter of the same name; a repeatable one becomes a list."""
    given: dict[str, Any] = {"required": question.required, "metavar": question.name.rpartition("_")[2].upper()}
    if question.many:
        given |= {"action": "append", "default": []}
    parser.add_argument(
        f"--{question.name.replace('_', '-')}",
        type=option(question.parse, question.rule),
        help=question.description,
        **(given | options),
    )


def add_days(parser: CommandParser, *, required: bool = False) -> None:
    """Add the options for the first and the last business day."""
    first, last = (validation.REQUIRED_FROM, validation.REQUIRED_TO) if required else (validation.FROM, validation.TO)
    add_question(parser, first, dest="first", metavar="DATE")
    add_question(parser, last, dest="last", metavar="DATE")


def add_options(parser: CommandParser, *, days_required: bool, paged: bool = True) -> None:
    """Add the options of exports, which are the parameters of the API.

    If the answer is `paged`, add those of pages too.
    """
    add_days(parser, required=days_required)
    for question in FILTERS:
        add_question(parser, question)
    parser.add_argument("--plan", metavar="PLAN", help="Only subscriptions whose current plan has this name or id.")
    if paged:
        parser.add_argument(
            "--page-size",
            type=whole_number(1),
            metavar="N",
            help=f"At most N results, of a table (which shows {TABLE_ROWS} without it) or json (which shows all).",
        )
    parser.add_argument(
        "--format",
        choices=(*PAGED, *Format) if paged else tuple(Format),
        default="table" if paged else Format.CSV,
        help="csv, ndjson and parquet hold all results, as of one moment.",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="Write csv, ndjson or parquet to FILE, which appears, or is replaced, once it is whole.",
    )


def period_of(first: date | None, last: date | None) -> Period:
    """Return the period of the options. Raises CommandError if it is invalid."""
    try:
        return Period(first, last)
    except ValueError as error:
        raise CommandError(f"--from and --to: {error}") from error


def filter_of(options: Mapping[str, Any]) -> SubscriptionFilter:
    """Return the subscription filter of the options. Raises CommandError for an unknown plan."""
    return SubscriptionFilter(
        subscription_ids=ids_named(
            subscription_ids=options["subscription_id"],
            phone_numbers=[form for forms in options["phone_number"] for form in forms],
            external_ids=options["external_id"],
        ),
        carrier=options["carrier"],
        plan_id=_plan_id(options["plan"]) if options["plan"] else None,
    )


def _plan_id(text: str) -> int:
    """Return the id of the plan with this name, or else with this id."""
    plans = Plan.objects.filter(name=text)
    if not plans and re.fullmatch("[0-9]{1,19}", text):
        plans = Plan.objects.filter(pk=int(text))
    if not plans:
        names = ", ".join(Plan.objects.order_by("name").values_list("name", flat=True))
        raise CommandError(f"--plan: there is no plan {text!r}; the plans are {names or 'none'}")
    return plans[0].pk


def usage_types_of(usage_type: str | None) -> tuple[UsageType, ...]:
    """Return the usage types of the option."""
    return (UsageType(usage_type),) if usage_type else ALL_TYPES


def result_limit(page_size: int | None, form: str) -> int | None:
    """Return how many results to print at most; None for all."""
    return page_size or (TABLE_ROWS if form == "table" else None)


def collect(page_after: Callable[[Any, int], Any], limit: int | None) -> tuple[Any, bool]:
    """Follow the pages of an answer up to `limit` results.

    Return its last page, with all results in it, and whether more follow.
    """
    results: list[Any] = []
    after = None
    while True:
        page = page_after(after, PAGE if limit is None else min(PAGE, limit - len(results)))
        results += page.results
        after = page.next
        if after is None or (limit is not None and len(results) >= limit):
            page.results[:] = results
            return page, after is not None


def print_json(stdout: OutputWrapper, body: dict[str, Any]) -> None:
    """Print the same body that the API answers with."""
    stdout.write(json.dumps(body, indent=2))


def print_rows(stdout: OutputWrapper, rows: Iterable[dict[str, Any]], columns: Sequence[str], form: str) -> None:
    """Print rows in one of FORMATS: dates and timestamps in ISO 8601, null as an empty cell."""
    texts = [{name: str(v) if isinstance(v, date) else v for name, v in row.items()} for row in rows]
    if form == "json":
        print_json(stdout, {"results": texts})
        return
    cells = [["" if row[name] is None else str(row[name]) for name in columns] for row in texts]
    (print_csv if form == "csv" else print_wide_table)(stdout, columns, cells)


def print_csv(stdout: OutputWrapper, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print comma-separated values under a header; an apostrophe keeps spreadsheets from computing a text."""
    writer = csv.writer(stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([f"'{cell}" if _FORMULA.match(str(cell)) else cell for cell in row] for row in rows)


def print_answer(
    stdout: OutputWrapper, body: Struct, columns: Sequence[Column], form: str, *, title: str, more: bool
) -> None:
    """Print an answer as the API's JSON, or as a table with a row for each result, or for each part of one."""
    builtins = msgspec.to_builtins(body)
    if form == "json":
        print_json(stdout, builtins)
        return
    table = Table(title=title, title_justify="left", caption="There are more: see --page-size." if more else None)
    for column in columns:
        justify: Literal["left", "right"] = "left" if column.kind is ColumnKind.TEXT else "right"
        is_number = column.name == "phone_number"
        table.add_column(column.name.replace("_", " "), justify=justify, overflow="fold", no_wrap=is_number)
    for row in (part for result in builtins["results"] for part in _parts(result)):
        cells = [row[column.name] for column in columns]
        # Quantities are grouped by thousands; the first column is an id.
        table.add_row(*(Text(f"{c:,}" if isinstance(c, int) and place else str(c)) for place, c in enumerate(cells)))
    Console(file=stdout, width=None if stdout.isatty() else 120).print(table)  # type: ignore[arg-type] # writes like a file


def _parts(result: dict[str, Any]) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = next((value for value in result.values() if isinstance(value, list)), [{}])
    return [result | part for part in parts]


def print_wide_table(stdout: OutputWrapper, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table with texts in it: long cells fold, and quantities are grouped by thousands."""
    table = Table()
    for column in columns:
        right = column in {"used", "price"}
        table.add_column(column.replace("_", " "), justify="right" if right else "left", overflow="fold")
    for row in rows:
        cells = zip(columns, row, strict=True)
        table.add_row(*(Text(f"{cell:,}" if column == "used" else str(cell)) for column, cell in cells))
    Console(file=stdout, width=None if stdout.isatty() else 180).print(table)  # type: ignore[arg-type] # writes like a file


def print_results(stdout: OutputWrapper, form: str, columns: Sequence[str], results: Sequence[Any]) -> None:
    """Print the bodies that the API lists, in one of FORMATS."""
    builtins = msgspec.to_builtins(results)
    if form == "json":
        print_json(stdout, {"results": builtins})
        return
    rows = [[_cell(result[column]) for column in columns] for result in builtins]
    (print_csv if form == "csv" else print_wide_table)(stdout, columns, rows)


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    return " ".join(map(str, value)) if isinstance(value, list) else value
