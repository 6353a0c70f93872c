"""The backend that `DATABASES` names."""

import select
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL; a connection from the pool is asked whether it is alive only when it has something to say.

    A server that goes away, or ends a session, closes the socket, which can be seen without asking it. Django's own
    check sends a statement, which costs a round trip for each request.
    """

    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection[Any]:
        """A connection from the pool that was not closed by the server. Raises OperationalError when there is none."""
        connection: psycopg.Connection[Any] = super().get_new_connection(conn_params)
        while self.pool and not is_alive(connection):
            self.pool.putconn(connection)  # which takes a new one for it
            connection = super().get_new_connection(conn_params)
        return connection


def is_alive(connection: psycopg.Connection[Any]) -> bool:
    """Whether an idle connection is; closes it if not."""
    unread = select.poll()
    unread.register(connection.fileno(), select.POLLIN)
    if not unread.poll(0):
        return True
    try:
        ConnectionPool.check_connection(connection)
    except psycopg.Error:
        connection.close()
        return False
    return True
