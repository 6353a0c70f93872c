"""Sessions of their own beside Django's, to write at the same time."""

import psycopg
from django.db import connection


def new_connection() -> psycopg.Connection[tuple[object, ...]]:
    """A new connection to the test database."""
    parameters = connection.get_connection_params()
    return psycopg.connect(**{key: parameters[key] for key in ("dbname", "user", "host", "port") if key in parameters})
