"""Pooled connections that the server ended are replaced before a request uses them."""

import pytest
from django.db import connection
from django.test import Client

from tests.sessions import new_connection

pytestmark = pytest.mark.django_db(transaction=True)


def backend() -> int:
    """Return the server's process behind Django's connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    return int(pid)


def end(pid: int) -> None:
    """End a session from another one, and wait until it has ended."""
    with new_connection() as other:
        row = other.execute("SELECT pg_terminate_backend(%s, 30000)", [pid]).fetchone()
    assert row == (True,)


def test_a_request_after_the_server_ended_the_connection_is_answered(client: Client) -> None:
    ended = backend()
    connection.close()  # back to the pool
    end(ended)

    assert client.get("/api/v1/usage/exceeding/?price_limit=1").status_code == 200
    assert backend() != ended


def test_connections_that_live_are_taken_again() -> None:
    most = connection.settings_dict["OPTIONS"]["pool"]["max_size"]
    taken = [backend_and_back() for _ in range(2 * most)]

    assert len(set(taken)) <= most


def backend_and_back() -> int:
    """Return a connection to the pool, and its process."""
    pid = backend()
    connection.close()
    return pid
