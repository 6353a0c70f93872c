"""`wingtel rebuild`: recompute aggregates from their sources."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from wingtel.lifecycle.rebuild_runs import RebuildRejectedError, rebuild_days
from wingtel.management.answering import add_days
from wingtel.management.arguments import whole_number
from wingtel.management.progress import rebuilding


class Command(BaseCommand):
    help = "Make aggregates what raw records and adjustments say, a day after the other. Writers may go on meanwhile."

    def add_arguments(self, parser: CommandParser) -> None:
        add_days(parser)
        parser.add_argument(
            "--workers",
            type=whole_number(1, 64),
            default=1,
            metavar="N",
            help="Months to rebuild at the same time (default: 1).",
        )
        parser.add_argument("--again", action="store_true", help="Begin anew, also where a run was interrupted.")

    def handle(self, *, first: date | None, last: date | None, workers: int, again: bool, **_: Any) -> None:
        with rebuilding() as progress:
            try:
                run = rebuild_days(first, last, workers=workers, again=again, progress=progress)
            except RebuildRejectedError as error:
                raise CommandError(str(error)) from error
        between = f"{min(run.done)} to {max(run.done)}" if run.done else "no day has usage"
        self.stdout.write(f"{len(run.done)} days rebuilt: {between}.")
