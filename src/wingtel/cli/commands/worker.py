"""`wingtel worker`: run background work, without the server."""

import click
from django.db import connections

from wingtel.cli.output import note
from wingtel.cli.parameters import SECONDS, examples
from wingtel.tasks import processes
from wingtel.tasks.supervisor import supervise

GRACE_SECONDS = 30.0

grace_option = click.option(
    "--grace",
    type=SECONDS,
    default=GRACE_SECONDS,
    show_default=True,
    help="When asked to end, let tasks finish for so long; an import that is cut off goes on where it stood at the"
    " next start.",
)


@click.command(epilog=examples("worker", "worker --no-schedule"))
@click.option("--no-schedule", is_flag=True, help="Only run tasks: another machine has the schedule.")
@grace_option
def command(*, no_schedule: bool, grace: float) -> None:
    """Run the tasks and their schedule until interrupted: merging, partitions, sealing, expiring, and so on."""
    connections.close_all()  # each process opens its own
    note("Background work is running - interrupt to stop.")
    schedule = [] if no_schedule else [processes.schedule()]
    supervise([*processes.workers(), *schedule], write=note, grace=grace)
