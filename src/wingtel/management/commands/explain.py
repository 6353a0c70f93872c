"""`wingtel explain`: show the parts of a subscription's total on a day."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandParser

from wingtel.adjustments.explanation import RECORDS_LISTED, explain
from wingtel.adjustments.serialization import explanation_answer
from wingtel.aggregates.serialization import origin_text
from wingtel.management import answering
from wingtel.management.arguments import day, identity, whole_number

COLUMNS = (
    *("usage_type", "what", "id", "at", "used", "price", "reason", "actor", "reverses", "reversed_by", "origin"),
    "currency",
)


class Command(BaseCommand):
    help = (
        "Show how the total of a subscription on a business day comes about: its raw records while they are kept, "
        "its adjustments, and whether they add up to what the aggregates say."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("subscription", type=identity, metavar="SUBSCRIPTION", help="Its id.")
        parser.add_argument("day", type=day, metavar="DAY")
        parser.add_argument(
            "--records",
            type=whole_number(0, 999_999_999),
            default=RECORDS_LISTED,
            metavar="N",
            help=f"List at most N raw records of each usage type (default: {RECORDS_LISTED}); all are summed.",
        )
        parser.add_argument("--format", choices=answering.FORMATS, default="table")

    def handle(self, *, subscription: int, day: date, records: int, **options: Any) -> None:
        explanation = explain(subscription_id=subscription, day=day, most_records=records)
        body = msgspec.to_builtins(explanation_answer(explanation))
        rows = [(*line, body["currency"]) for usage in body["usage_types"] for line in _lines(usage)]
        match options["format"]:
            case "json":
                answering.print_json(self.stdout, body)
            case "csv":
                answering.print_csv(self.stdout, COLUMNS, rows)
            case _:
                identifiers = ", ".join(body[name] for name in ("phone_number", "external_id") if body[name])
                described = f"{subscription} ({identifiers})" if identifiers else str(subscription)
                self.stdout.write(f"Subscription {described} on {day}: the day is {body['day']['state']}{_seal(body)}")
                answering.print_wide_table(self.stdout, COLUMNS, rows)
                for line in _conclusions(body):
                    self.stdout.write(line)


def _lines(usage: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each raw record and adjustment of a usage type, and for each sum."""
    kind = usage["usage_type"]
    for record in usage["records"]:
        yield (
            kind,
            "record",
            record["record_id"],
            record["usage_date"],
            record["used"],
            record["price"],
            *[""] * 4,
            origin_text(record["origin"]),
        )
    for adjustment in usage["adjustments"]:
        links = ("" if adjustment[name] is None else adjustment[name] for name in ("reverses", "reversed_by"))
        quantities = adjustment["used"], adjustment["price"]
        yield (
            kind,
            "adjustment",
            adjustment["id"],
            adjustment["created_at"],
            *quantities,
            adjustment["reason"],
            adjustment["actor"],
            *links,
            "",
        )
    for sum_name in ("recorded", "adjusted", "total"):
        yield (kind, sum_name, "", "", usage[sum_name]["used"], usage[sum_name]["price"], *[""] * 5)


def _seal(body: dict[str, Any]) -> str:
    day = body["day"]
    if day["sealed_at"] is None:
        return "."
    if day["state"] == "open":
        return f"; it was sealed at {day['sealed_at']}, and written to since."
    parts = (
        f"{sums['records']:,} {sums['usage_type']} records ({sums['used']:,} {sums['unit']},"
        f" {sums['price']} {day['currency']})"
        for sums in day["sums"]
    )
    return f"; sealed at {day['sealed_at']} with {' and '.join(parts)} of all subscriptions."


def _conclusions(body: dict[str, Any]) -> Iterator[str]:
    for usage in body["usage_types"]:
        counts = f"{usage['recorded']['records']:,} records and {usage['adjusted']['adjustments']:,} adjustments"
        yield f"{usage['usage_type']}: {counts}: {_verdict(usage)}"
        if not body["records_gone"] and len(usage["records"]) < usage["recorded"]["records"]:
            yield f"  the first {len(usage['records']):,} records are listed: see --records"


def _verdict(usage: dict[str, Any]) -> str:
    match usage["adds_up"]:
        case None:
            return "the raw records are gone; their share is the total without the adjustments."
        case True:
            return "the total is their sum."
        case _:
            return "THE TOTAL IS NOT THEIR SUM. `wingtel reconcile` says what differs, and can repair it."
