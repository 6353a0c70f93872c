"""Exports by a running server: with slow clients, clients that disconnect, and a server that is killed."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from pathlib import Path

import pytest
from django.db import connection

from tests.callers import new_token
from tests.cli.running import free_port
from tests.embedded.observer import until
from tests.sessions import database_url
from wingtel.access.scopes import Scope

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 200_000
LINES = f"""INSERT INTO wingtel_monthly_usage (subscription_id, usage_type, month, used, price, records,
       price_upper_bound)
            SELECT n, 'data', '2026-06-01', 123456789, 12.3456, 17, 20 FROM generate_series(1, {ROWS}) AS n"""
EXPORT = "/api/v1/usage/metrics/?from=2026-06-01&to=2026-06-30&format=csv"
PRODUCT = {"DJANGO_SETTINGS_MODULE": "wingtel.settings"}  # with the pool of the test
TIMEOUT = 60  # seconds


@contextmanager
def served(**environment: str) -> Iterator[tuple[int, int]]:
    """Run a server with one process for requests, on the test database. Yield its port and that process."""
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "wingtel", "serve", "--port", str(port), "--workers", "1"],
        env=os.environ | PRODUCT | {"DATABASE_URL": database_url()} | environment,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        until(lambda: health(port) == 200, seconds=TIMEOUT)
        yield port, worker_of(server.pid)
    finally:
        server.terminate()
        server.wait()


def worker_of(server: int) -> int:
    """Return the process that answers requests."""
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    (worker,) = (pid for pid in children if b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes())
    return int(worker)


def health(port: int) -> int:
    http = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    try:
        http.request("GET", "/api/v1/health/")
        return http.getresponse().status
    except OSError:
        return 0
    finally:
        http.close()


def slow_client(port: int) -> tuple[socket.socket, HTTPResponse]:
    """Return a client that read the header of an export and stopped. Little of the body fits into its buffers."""
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reader.settimeout(TIMEOUT)
    reader.connect(("127.0.0.1", port))
    key = f"Authorization: Bearer {new_token(Scope.READ)}"
    reader.sendall(f"GET {EXPORT} HTTP/1.1\r\nHost: 127.0.0.1\r\n{key}\r\n\r\n".encode())
    response = HTTPResponse(reader)
    response.begin()
    return reader, response


@pytest.fixture(autouse=True)
def many_lines() -> Iterator[None]:
    """Store usage for an answer far larger than all buffers on its way."""
    with connection.cursor() as cursor:
        cursor.execute(LINES)
        cursor.execute("ANALYZE wingtel_monthly_usage")
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE wingtel_monthly_usage")


def test_a_client_that_reads_slowly_holds_no_database_connection() -> None:
    with served(WINGTEL_DATABASE_POOL="1") as (port, _):
        reader, response = slow_client(port)

        assert (response.status, health(port)) == (200, 200)

        assert len(response.read()) == int(response.headers["Content-Length"])
        reader.close()


def test_a_client_that_goes_away_releases_its_slot() -> None:
    with served(WINGTEL_MAX_CONCURRENT_EXPORTS="1") as (port, _):
        reader, response = slow_client(port)
        second, rejected = slow_client(port)
        assert (response.status, rejected.status, rejected.headers["Retry-After"]) == (200, 503, "5")

        response.close()
        reader.close()
        second.close()

        until(lambda: exported_status(port) == 200, seconds=TIMEOUT)


def test_an_export_of_a_server_that_dies_is_seen_to_be_cut() -> None:
    with served() as (port, worker):
        reader, response = slow_client(port)
        assert response.status == 200

        os.kill(worker, signal.SIGKILL)

        with pytest.raises((IncompleteRead, ConnectionResetError)):
            response.read()
        reader.close()


def exported_status(port: int) -> int:
    reader, response = slow_client(port)
    response.close()
    reader.close()
    return response.status
