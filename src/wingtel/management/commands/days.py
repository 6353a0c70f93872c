"""`wingtel days`: list business days with their state."""

import json
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from rich.console import Console
from rich.table import Table

from wingtel.management.answering import add_days
from wingtel.usage.currency import currency
from wingtel.usage.models import UsageDay, UsageType

STATE = ("day", "state", "sealed_at", "expired_at", "reopened", "reopened_at")
COLUMNS = (
    *STATE,
    *(f"{kind}_{name}" for kind in UsageType for name in ("records", kind.unit, "price")),
    "currency",
)


class Command(BaseCommand):
    help = "List business days: open, sealed (with the sums they were sealed with), expired; the latest first."

    def add_arguments(self, parser: CommandParser) -> None:
        add_days(parser)
        parser.add_argument("--state", choices=UsageDay.State.values, help="Only days in this state.")
        parser.add_argument("--format", choices=["table", "json"], default="table")

    def handle(self, *, first: date | None, last: date | None, state: str | None, **options: Any) -> None:
        days = UsageDay.objects.prefetch_related("sums").order_by("-day")
        if first:
            days = days.filter(day__gte=first)
        if last:
            days = days.filter(day__lte=last)
        if state:
            days = days.filter(state=state)
        rows = list(map(_row, days))
        if options["format"] == "json":
            self.stdout.write(json.dumps([dict(zip(COLUMNS, row, strict=True)) for row in rows], default=str))
            return
        table = Table()
        for name in COLUMNS:
            table.add_column(name.replace("_", " "), overflow="fold")
        for row in rows:
            table.add_row(*("" if value is None else _text(value) for value in row))
        width = None if self.stdout.isatty() else 180
        Console(file=self.stdout, width=width).print(table)  # type: ignore[arg-type] # writes like a file


def _row(day: UsageDay) -> tuple[Any, ...]:
    sums = {each.usage_type: (each.records, each.used, each.price) for each in day.sums.all()}
    amounts = (amount for kind in UsageType for amount in sums.get(kind, (None,) * 3))
    return (*(getattr(day, name) for name in STATE), *amounts, currency())


def _text(value: Any) -> str:
    return f"{value:%Y-%m-%d %H:%M}" if hasattr(value, "hour") else str(value)
