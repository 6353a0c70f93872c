"""`wingtel merge`: merge pending deltas into the stored aggregates."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from wingtel.aggregates.strategies import active
from wingtel.management.arguments import seconds


class Command(BaseCommand):
    help = "Merge the pending deltas of writers into the stored aggregates. Writers and readers go on meanwhile."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--every",
            type=seconds,
            metavar="SECONDS",
            help="Merge again and again, with this pause, until interrupted.",
        )

    def handle(self, *, every: float | None, **_: Any) -> None:
        self._merge()
        while every:
            time.sleep(every)
            self._merge()

    def _merge(self) -> None:
        strategy = active()
        if strategy is None or not strategy.has_deltas:
            self.stdout.write(f"{strategy.name if strategy else 'No strategy'} has no deltas: nothing to merge.")
            return
        merged = strategy.merge()
        if merged is None:
            self.stdout.write("Nothing merged: another session merges, or has locked what is to be changed.")
        else:
            self.stdout.write(f"{merged} records merged.")
