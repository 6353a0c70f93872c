"""`wingtel serve`: serve the API and the dashboard over HTTP."""

import os
import socket
from collections.abc import Callable
from typing import Any, TypeVar

import click
from django.conf import settings
from django.db import connection, connections
from granian.constants import Interfaces
from granian.server import Server

from wingtel.cli.errors import CommandError
from wingtel.cli.output import note
from wingtel.cli.parameters import examples, whole_number

F = TypeVar("F", bound=Callable[..., Any])

PORT = 8000
port_option = click.option(
    "--port", type=whole_number(1, 65_535), default=PORT, show_default=True, help="Port to listen on."
)


def address_options(function: F) -> F:
    """Add the options for the address to listen on and the number of processes."""
    host = click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
    workers = click.option(
        "--workers",
        type=whole_number(1),
        default=min(os.cpu_count() or 1, 4),
        show_default=True,
        help="Processes that answer requests.",
    )
    return host(port_option(workers(function)))


@click.command(epilog=examples("serve", "serve --host 0.0.0.0 --port 8080 --workers 4"))
@address_options
def command(*, host: str, port: int, workers: int) -> None:
    """Serve the API and the dashboard until interrupted."""
    require_free(host, port)
    connections.close_all()  # each worker opens its own
    note(f"Serving at http://{host}:{port}/ - interrupt to stop.")
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
