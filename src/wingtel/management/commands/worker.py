"""`wingtel worker`: run background work, without the server."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from wingtel.management.arguments import seconds
from wingtel.tasks import processes
from wingtel.tasks.supervisor import supervise

GRACE_SECONDS = 30.0


def add_grace(parser: CommandParser) -> None:
    """Add the option for how long work may take to end."""
    parser.add_argument(
        "--grace",
        type=seconds,
        default=GRACE_SECONDS,
        metavar="SECONDS",
        help=f"On being told to end, let tasks finish for so long (default: {GRACE_SECONDS:g}); an import that is cut"
        " off goes on where it stood at the next start.",
    )


class Command(BaseCommand):
    help = "Run the tasks and their schedule until interrupted: merging, partitions, sealing, expiring, and so on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--no-schedule", action="store_true", help="Only run tasks: another machine has the schedule."
        )
        add_grace(parser)

    def handle(self, *, no_schedule: bool, grace: float, **_: Any) -> None:
        connections.close_all()  # each process opens its own
        self.stderr.write("Background work is running - interrupt to stop.")
        schedule = [] if no_schedule else [processes.schedule()]
        supervise([*processes.workers(), *schedule], write=self.stderr.write, grace=grace)
