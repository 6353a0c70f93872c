"""`wingtel up`: run the server and background work together."""

import sys

import click
from django.db import connections

from wingtel.cli.commands.serve import address_options, require_free
from wingtel.cli.commands.worker import grace_option
from wingtel.cli.output import note
from wingtel.cli.parameters import examples
from wingtel.tasks import processes
from wingtel.tasks.supervisor import Process, supervise


@click.command(epilog=examples("up", "up --host 0.0.0.0 --port 8080"))
@address_options
@grace_option
def command(*, host: str, port: int, workers: int, grace: float) -> None:
    """Serve the API and the dashboard, and run the tasks and their schedule, until interrupted."""
    require_free(host, port)
    connections.close_all()  # each process opens its own
    address = ["--host", host, "--port", str(port), "--workers", str(workers)]
    server = Process("the server", [sys.executable, "-m", "wingtel", "serve", *address])
    supervise([server, *processes.workers(), processes.schedule()], write=note, grace=grace)
