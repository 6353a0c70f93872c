"""`wingtel expire`: let raw records go."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from wingtel.lifecycle import expiring


class Command(BaseCommand):
    help = "Drop the raw records of sealed days past WINGTEL_RETENTION_DAYS; their aggregates stay."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Say which days are due, and drop nothing.")

    def handle(self, *, dry_run: bool, **_: Any) -> None:
        if dry_run:
            due = expiring.due()
            self.stdout.write(f"{len(due)} days are due" + "".join(f"\n{day}" for day in due))
            return
        outcome = expiring.expire_due()
        self.stdout.write(f"{len(outcome.done)} days expired" + "".join(f"\n{day}" for day in outcome.done))
        if outcome.refused:
            raise CommandError("\n".join(outcome.refused.values()))
