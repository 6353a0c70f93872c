"""`wingtel serve`: serve the API and the dashboard over HTTP."""

import os
import socket
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, connections
from granian.constants import Interfaces
from granian.server import Server

from wingtel.management.arguments import whole_number


def add_address(parser: CommandParser) -> None:
    """Add the options for the address to listen on and the number of processes."""
    parser.add_argument("--host", default="127.0.0.1", help="Address to listen on (default: this machine only).")
    parser.add_argument("--port", type=whole_number(1, 65_535), default=8000)
    parser.add_argument("--workers", type=whole_number(1), default=min(os.cpu_count() or 1, 4))


class Command(BaseCommand):
    help = "Serve the API and the dashboard until interrupted."

    def add_arguments(self, parser: CommandParser) -> None:
        add_address(parser)

    def handle(self, *, host: str, port: int, workers: int, **_: Any) -> None:
        require_free(host, port)
        connections.close_all()  # each worker opens its own
        self.stderr.write(f"Serving at http://{host}:{port}/ - interrupt to stop.")
        Server(
            "wingtel.wsgi:application",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=workers,
            blocking_threads=_threads(),
        ).serve()


def _threads() -> int:
    """Return how many threads can work: each with a connection of the pool, or sending an export to a slow client.

    More would only wait, and take turns with those that work.
    """
    return int(connection.settings_dict["OPTIONS"]["pool"]["max_size"]) + int(settings.WINGTEL_MAX_CONCURRENT_EXPORTS)


def require_free(host: str, port: int) -> None:
    """Raise CommandError when the address cannot be listened on; the server itself would end in a panic."""
    try:
        family, kind, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise CommandError(f"{host} is no address of this machine: {error.strerror}; choose another --host") from error
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise CommandError(f"cannot listen on {host}:{port}: {error.strerror}; choose another --port") from error
