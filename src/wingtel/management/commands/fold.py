"""`wingtel fold`: add what writers put aside to the stored aggregates."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from wingtel.aggregates.strategies import active
from wingtel.management.arguments import seconds


class Command(BaseCommand):
    help = "Add the deltas that writers put aside to the stored aggregates. Writers and readers go on meanwhile."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--every", type=seconds, metavar="SECONDS", help="Fold again and again, with this pause, until interrupted."
        )

    def handle(self, *, every: float | None, **_: Any) -> None:
        self._fold()
        while every:
            time.sleep(every)
            self._fold()

    def _fold(self) -> None:
        strategy = active()
        if strategy is None or not strategy.folds:
            self.stdout.write(f"{strategy.name if strategy else 'No strategy'} puts nothing aside: nothing to fold.")
            return
        folded = strategy.fold()
        self.stdout.write("Another session is folding." if folded is None else f"{folded} records folded.")
