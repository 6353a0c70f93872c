"""`wingtel expire`: let raw records go."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from wingtel.lifecycle import expiring


class Command(BaseCommand):
    help = "Drop the raw records of sealed days past WINGTEL_RETENTION_DAYS; their aggregates stay."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Say which days are due, and drop nothing.")

    def handle(self, *, dry_run: bool, **_: Any) -> None:
        due = expiring.due()
        if dry_run:
            self.stdout.write(f"{len(due)} days are due" + "".join(f"\n{day}" for day in due))
            return
        refused = [reason for day in due if (reason := self._expire(day))]
        self.stdout.write(f"{len(due) - len(refused)} days expired")
        if refused:
            raise CommandError("\n".join(refused))

    def _expire(self, day: date) -> str:
        try:
            expiring.expire(day)
        except expiring.ExpiryRefusedError as error:
            return str(error)
        self.stdout.write(f"{day} expired")
        return ""
