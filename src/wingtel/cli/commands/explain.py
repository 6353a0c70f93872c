"""`wingtel explain`: show the parts of a subscription's total on a day."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import click
import msgspec

from wingtel.adjustments.explanation import RECORDS_LISTED, explain
from wingtel.adjustments.serialization import explanation_answer
from wingtel.aggregates.serialization import origin_text
from wingtel.cli.output import Form, print_json, print_lines, print_table, say
from wingtel.cli.parameters import DAY, SUBSCRIPTION, examples, format_option, whole_number

COLUMNS = (
    *("usage_type", "what", "id", "at", "used", "price", "reason", "actor", "reverses", "reversed_by", "origin"),
    "currency",
)
SHOWN = ("usage_type", "what", "id", "at", "used", "price")


@click.command(
    epilog=examples(
        "explain 7 2026-11-10", "explain +12025550100 2026-11-10 --records 5", "explain 7 2026-11-10 --format json"
    )
)
@click.argument("subscription", type=SUBSCRIPTION)
@click.argument("day", type=DAY)
@click.option(
    "--records",
    type=whole_number(0, 999_999_999),
    default=RECORDS_LISTED,
    show_default=True,
    help="List at most N raw records of each usage type; all are summed.",
)
@format_option()
def command(*, subscription: int, day: date, records: int, form: str) -> None:
    """Show how the total of SUBSCRIPTION (its id or phone number) on a business day comes about.

    Its raw records while they are kept, its adjustments, and if they add up to what the aggregates say.
    """
    explanation = explain(subscription_id=subscription, day=day, most_records=records)
    body = msgspec.to_builtins(explanation_answer(explanation))
    rows = [dict.fromkeys(COLUMNS) | row | {"currency": body["currency"]} for row in _rows(body)]
    match form:
        case Form.JSON:
            print_json(body)
        case Form.TABLE:
            identifiers = ", ".join(body[name] for name in ("phone_number", "external_id") if body[name])
            described = f"{subscription} ({identifiers})" if identifiers else str(subscription)
            say(f"Subscription {described} on {day}: the day is {body['day']['state']}{_seal(body)}")
            print_table(rows, SHOWN)
            for line in (*_notes(rows), *_conclusions(body)):
                say(line)
        case _:
            print_lines(form, COLUMNS, rows)


def _rows(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a row for each raw record and adjustment of a usage type, and for each sum."""
    for usage in body["usage_types"]:
        kind = {"usage_type": usage["usage_type"]}
        for record in usage["records"]:
            yield kind | {
                "what": "record",
                "id": record["record_id"],
                "at": record["usage_date"],
                "used": record["used"],
                "price": record["price"],
                "origin": origin_text(record["origin"]),
            }
        for adjustment in usage["adjustments"]:
            given = {name: adjustment[name] for name in COLUMNS if name in adjustment}
            yield given | kind | {"what": "adjustment", "at": adjustment["created_at"]}
        for name in ("recorded", "adjusted", "total"):
            yield kind | {"what": name, "used": usage[name]["used"], "price": usage[name]["price"]}


def _notes(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the reasons of adjustments, which a table of a terminal's width has no room for."""
    for row in rows:
        if row["what"] == "adjustment":
            yield f"adjustment {row['id']}, by {row['actor']}: {row['reason']}"


def _seal(body: dict[str, Any]) -> str:
    day = body["day"]
    if day["sealed_at"] is None:
        return "."
    if day["state"] == "open":
        return f"; it was sealed at {day['sealed_at']}, and written to since."
    parts = (
        f"{sums['records']} {sums['usage_type']} records ({sums['used']} {sums['unit']},"
        f" {sums['price']} {day['currency']})"
        for sums in day["sums"]
    )
    return f"; sealed at {day['sealed_at']} with {' and '.join(parts)} of all subscriptions."


def _conclusions(body: dict[str, Any]) -> Iterator[str]:
    for usage in body["usage_types"]:
        counts = f"{usage['recorded']['records']} records and {usage['adjusted']['adjustments']} adjustments"
        yield f"{usage['usage_type']}: {counts}: {_verdict(usage)}"
        if not body["records_gone"] and len(usage["records"]) < usage["recorded"]["records"]:
            yield f"  the first {len(usage['records'])} records are listed: see --records"


def _verdict(usage: dict[str, Any]) -> str:
    match usage["adds_up"]:
        case None:
            return "the raw records are gone; their share is the total without the adjustments."
        case True:
            return "the total is their sum."
        case _:
            return "THE TOTAL IS NOT THEIR SUM. `wingtel days reconcile` says what differs, and can repair it."
