"""`wingtel populate`: recompute aggregates from the raw records."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from wingtel.aggregates.populate import populate


class Command(BaseCommand):
    help = "Replace the aggregates of some business days by what the raw records say. Writers may go on meanwhile."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="first", type=date.fromisoformat, required=True, metavar="DATE")
        parser.add_argument("--to", dest="last", type=date.fromisoformat, required=True, metavar="DATE")

    def handle(self, *, first: date, last: date, **_: Any) -> None:
        try:
            stored = populate(first, last)
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{stored} daily aggregates stored for {first} to {last}.")
