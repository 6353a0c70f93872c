"""`wingtel generate --subscriptions N --days D --seed S --output FILE`: write a feed of demo usage."""

from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from wingtel.imports.generator import write_feed
from wingtel.management.arguments import day, whole_number


class Command(BaseCommand):
    help = "Write a feed of demo usage in Wingtel's own format."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--subscriptions", type=whole_number(1), default=1000, help="how many (default: 1000)")
        parser.add_argument("--days", type=whole_number(1), default=30, help="how many days (default: 30)")
        parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same feed (default: 1)")
        parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="the file to write")
        parser.add_argument(
            "--until",
            type=day,
            metavar="DATE",
            help="the last day, such as 2026-03-31 (default: yesterday, UTC)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        last_day = options["until"] or datetime.now(UTC).date() - timedelta(days=1)
        output: Path = options["output"]
        try:
            records = write_feed(
                output,
                subscriptions=options["subscriptions"],
                days=options["days"],
                seed=options["seed"],
                last_day=last_day,
            )
        except OSError as error:
            raise CommandError(f"{output}: {error.strerror or error}") from error
        self.stdout.write(f"{records} records of {options['subscriptions']} subscriptions in {output}")
