"""`wingtel serve`: the API and the dashboard over HTTP."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connections
from granian.constants import Interfaces
from granian.server import Server


class Command(BaseCommand):
    help = "Serve the API and the dashboard until interrupted."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="Address to listen on (default: this machine only).")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--workers", type=int, default=min(os.cpu_count() or 1, 4))

    def handle(self, *, host: str, port: int, workers: int, **_: Any) -> None:
        connections.close_all()  # each worker opens its own
        self.stderr.write(f"Serving at http://{host}:{port}/ - interrupt to stop.")
        Server("wingtel.wsgi:application", address=host, port=port, interface=Interfaces.WSGI, workers=workers).serve()
