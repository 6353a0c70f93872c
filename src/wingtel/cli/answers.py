"""Paged answers: collected, and printed as the API's JSON or as rows."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from wingtel.cli.exports import Target
from wingtel.cli.output import TABLE_ROWS, Form, parts, print_json, print_lines, print_table
from wingtel.shapes import Column

PAGE = 1000
_ONCE = {"currency", "unit"}
"""Columns that a table of a terminal's width leaves out: the title says the currency, the usage type the unit."""


def print_answer(
    page_after: Callable[[Any, int], Any],
    body_of: Callable[[Any], Struct],
    columns: Sequence[Column],
    target: Target,
    *,
    title: str,
) -> None:
    """Print an answer as the API's JSON, or with a row for each result or part of one."""
    limit = target.page_size or (TABLE_ROWS if target.form == Form.TABLE else None)
    page, has_more = _collect(page_after, limit)
    body = msgspec.to_builtins(body_of(page))
    names = [column.name for column in columns]
    if target.form == Form.JSON:
        print_json(body)
        return
    rows = [{"currency": body["currency"]} | row for row in parts(body["results"])]
    if target.form == Form.TABLE:
        caption = "There are more: see --page-size." if has_more else ""
        print_table(rows, [name for name in names if name not in _ONCE], title=title, caption=caption)
    else:
        print_lines(target.form, names, rows)


def _collect(page_after: Callable[[Any, int], Any], limit: int | None) -> tuple[Any, bool]:
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
