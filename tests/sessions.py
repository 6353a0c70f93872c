"""Database sessions beside Django's, to write at the same time."""

from urllib.parse import quote

import psycopg
from django.db import connection


def new_connection() -> psycopg.Connection[tuple[object, ...]]:
    """Return a new connection to the test database."""
    parameters = connection.get_connection_params()
    return psycopg.connect(**{key: parameters[key] for key in ("dbname", "user", "host", "port") if key in parameters})


def database_url() -> str:
    """Return the URL of the test database, for another process."""
    settings = connection.get_connection_params()
    host, port = quote(settings["host"], safe=""), settings.get("port", "")
    return f"postgresql://{settings['user']}@/{settings['dbname']}?host={host}" + (f"&port={port}" if port else "")
