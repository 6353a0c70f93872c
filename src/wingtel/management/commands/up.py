"""`wingtel up`: run the server and background work together."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from wingtel.management.commands.serve import add_address, require_free
from wingtel.management.commands.worker import add_grace
from wingtel.tasks import processes
from wingtel.tasks.supervisor import Process, supervise


class Command(BaseCommand):
    help = "Serve the API and the dashboard, and run the tasks and their schedule, until interrupted."

    def add_arguments(self, parser: CommandParser) -> None:
        add_address(parser)
        add_grace(parser)

    def handle(self, *, host: str, port: int, workers: int, grace: float, **_: Any) -> None:
        require_free(host, port)
        connections.close_all()  # each process opens its own
        address = ["--host", host, "--port", str(port), "--workers", str(workers)]
        server = Process("the server", [sys.executable, "-m", "wingtel", "serve", *address])
        supervise([server, *processes.workers(), processes.schedule()], write=self.stderr.write, grace=grace)
