"""Backend named in `DATABASES`."""

import select
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL, with a check of a pooled connection only if its socket has something to read.

    A server that goes away, or ends a session, closes the socket, which shows without a statement. Django's own check
    sends one, which costs a round trip for each request.
    """

    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection[Any]:
        """Return a pooled connection that the server has not closed. Raises OperationalError if there is none."""
        connection: psycopg.Connection[Any] = super().get_new_connection(conn_params)
        while self.pool and not is_alive(connection):
            self.pool.putconn(connection)  # which replaces it
            connection = super().get_new_connection(conn_params)
        return connection


def is_alive(connection: psycopg.Connection[Any]) -> bool:
    """Return whether an idle connection is alive. Close it if it is not."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if not poll.poll(0):
        return True
    try:
        ConnectionPool.check_connection(connection)
    except psycopg.Error:
        connection.close()
        return False
    return True
