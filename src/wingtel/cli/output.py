"""Output of the commands: tables, tab-separated values, JSON and comma-separated values.

All hold the same values, written alike: timestamps in ISO 8601 in UTC, amounts as plain decimals, null as
an empty cell.
"""

import csv
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import islice
from typing import Any, Literal

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

TABLE_ROWS = 100
"""Rows that a table of a complete answer shows."""

_SHORT = 22
"""Values up to this length, such as phone numbers and timestamps to the second, do not fold in tables."""

_FORMULA = re.compile(r"[=@\t\r]|[+-](?![0-9.]+$)")
"""The start of a cell that a spreadsheet would compute; a number with a sign is none."""

_BREAKS = re.compile(r"[\t\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
"""Characters that would end a cell or a line of tab-separated values."""


class Form(StrEnum):
    """A format of the output."""

    TABLE = "table"
    TSV = "tsv"
    JSON = "json"
    CSV = "csv"


def default_form() -> str:
    """Return the format without --format: a table on a terminal, else tab-separated values."""
    return str(Form.TABLE if sys.stdout.isatty() else Form.TSV)


def say(text: str) -> None:
    """Print a line, at once."""
    click.echo(text)
    sys.stdout.flush()


def note(text: str) -> None:
    """Print a line to standard error, which no program reads as output."""
    click.echo(text, err=True)


def print_results(
    form: str,
    results: Iterable[Any],
    columns: Sequence[str],
    *,
    shown: Sequence[str] = (),
    title: str = "",
    caption: str = "",
) -> None:
    """Print bodies of the API, or rows of columns, with the names of `columns`.

    A table has those of `shown` alone, as all do not fit a terminal.
    """
    rows = msgspec.to_builtins(list(results))
    match form:
        case Form.JSON:
            print_json({"results": rows})
        case Form.TABLE:
            print_table(rows, shown or columns, title=title, caption=caption)
        case _:
            print_lines(form, columns, rows)


def print_one(form: str, result: Any) -> None:
    """Print one body: a line for each member, or as a list of one."""
    body = msgspec.to_builtins(result)
    match form:
        case Form.JSON:
            print_json(body)
        case Form.TABLE:
            width = max(map(len, body))
            for name, value in body.items():
                click.echo(f"{_words(name):<{width}}  {cell(value)}".rstrip())
        case _:
            print_lines(form, list(body), [body])


def print_json(body: Any) -> None:
    """Print the same body that the API answers with."""
    click.echo(json.dumps(body, indent=2))


def print_json_rows(rows: Iterable[Mapping[str, Any]]) -> None:
    """Print rows as the results of a body, each as it comes."""
    separator = '{"results": [\n'
    for row in rows:
        click.echo(f"{separator}{json.dumps(row)}", nl=False)
        separator = ",\n"
    click.echo('{"results": []}' if separator.startswith("{") else "\n]}")


def print_lines(form: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Print tab-separated or comma-separated values under a header.

    In CSV an apostrophe keeps spreadsheets from computing a text. In TSV tabs and line ends become spaces.
    """
    if form != Form.CSV:
        sys.stdout.writelines(tsv_lines(columns, rows))
        return
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        cells = (cell(row[name]) for name in columns)
        writer.writerow([f"'{text}" if _FORMULA.match(text) else text for text in cells])


def tsv_lines(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield tab-separated lines, the header first."""
    yield "\t".join(columns) + "\n"
    for row in rows:
        yield "\t".join(_BREAKS.sub(" ", cell(row[name])) for name in columns) + "\n"


def print_table(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, title: str = "", caption: str = "", most: int = 0
) -> None:
    """Print a table as wide as the terminal; long texts fold. With `most`, say if there are more rows."""
    shown = list(islice(rows, most + 1) if most else rows)
    if most and len(shown) > most:
        del shown[most:]
        caption = f"The first {most}: the other formats hold all."
    table = Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        caption=caption or None,
        caption_justify="left",
        box=None,
        padding=(0, 2, 0, 0),
        pad_edge=False,
        header_style="bold",
    )
    for name, width in zip(columns, _widths(columns, shown, console().width), strict=True):
        table.add_column(_words(name), justify=_justification(name, shown), overflow="fold", width=width)
    for row in shown:
        table.add_row(*(Text(cell(row[name])) for name in columns))
    console().print(table)


def console() -> Console:
    """Return where tables go: standard output, as wide as the terminal, else 80 columns."""
    return Console(file=sys.stdout, markup=False, highlight=False)


def cell(value: Any) -> str:
    """Return a value as the text of a cell."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list() | tuple():
            return " ".join(map(cell, value))
    return str(value)


def parts(results: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a row for each result, or for each part of one, in which the list of the parts is replaced by the part."""
    rows = []
    for result in results:
        inner: list[dict[str, Any]] = next((value for value in result.values() if isinstance(value, list)), [{}])
        rows += [result | part for part in inner]
    return rows


def _words(name: str) -> str:
    return name.replace("_", " ")


def _widths(columns: Sequence[str], rows: Sequence[Mapping[str, Any]], available: int) -> list[int]:
    """Return the widths of columns that together fit, with two blanks between them.

    Headings fold first, then long values, those of the widest column each time.
    """
    cells = {name: max((len(cell(row[name])) for row in rows), default=0) for name in columns}
    words = {name: max(map(len, _words(name).split())) for name in columns}
    widths = {name: max(len(_words(name)), cells[name]) for name in columns}
    least = {name: max(words[name], min(cells[name], _SHORT)) for name in columns}
    while sum(widths.values()) + 2 * (len(columns) - 1) > available:
        foldable = [name for name in columns if widths[name] > least[name]]
        if not foldable:
            break
        widths[max(foldable, key=lambda name: widths[name] - least[name])] -= 1
    return list(widths.values())


def _justification(name: str, rows: Sequence[Mapping[str, Any]]) -> Literal["left", "right"]:
    """Return right for numbers, and for amounts, which are texts in JSON."""
    values = [row[name] for row in rows if row[name] not in (None, "")]
    are_numbers = values and all(_is_number(value) for value in values)
    return "right" if are_numbers else "left"


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return bool(re.fullmatch(r"-?[0-9]+\.[0-9]+", value))
    return isinstance(value, int) and not isinstance(value, bool)
