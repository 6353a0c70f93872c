"""`wingtel populate`: recompute aggregates from their sources."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from wingtel.aggregates.questions import DATE_RULE, parse_date
from wingtel.lifecycle.populating import PopulateRefusedError, populate_days
from wingtel.management.answering import option, whole_number


class Command(BaseCommand):
    help = "Make aggregates what raw records and adjustments say, a day after the other. Writers may go on meanwhile."

    def add_arguments(self, parser: CommandParser) -> None:
        day = option(parse_date, DATE_RULE)
        parser.add_argument("--from", dest="first", type=day, metavar="DATE", help="First day, included.")
        parser.add_argument("--to", dest="last", type=day, metavar="DATE", help="Last day, included.")
        parser.add_argument(
            "--workers",
            type=whole_number(1, 64),
            default=1,
            metavar="N",
            help="Months to populate at the same time (default: 1).",
        )
        parser.add_argument("--again", action="store_true", help="Begin anew, also where a run was interrupted.")

    def handle(self, *, first: date | None, last: date | None, workers: int, again: bool, **_: Any) -> None:
        bar = Progress(
            *(TextColumn("Populating"), BarColumn(), MofNCompleteColumn(), TextColumn("days")),
            *(TimeElapsedColumn(), TimeRemainingColumn()),
            console=Console(stderr=True),
            transient=True,
        )
        with bar:
            task = bar.add_task("populate", total=None)
            try:
                run = populate_days(
                    first,
                    last,
                    workers=workers,
                    again=again,
                    progress=lambda done, total: bar.update(task, completed=done, total=total),
                )
            except PopulateRefusedError as error:
                raise CommandError(str(error)) from error
        between = f"{min(run.done)} to {max(run.done)}" if run.done else "no day has usage"
        self.stdout.write(f"{len(run.done)} days populated: {between}.")
