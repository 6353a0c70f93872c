"""Doing something while no other session does the same, over several transactions."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from wingtel import sql

_SQL = sql.statements(__package__, "sql/alone.sql")


@contextmanager
def alone(what: str, *, wait: bool) -> Iterator[bool]:
    """Whether nobody else does `what`; then nobody begins it before the block, or the session, ends.

    With `wait` it is always so, as soon as whoever does it has ended.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SQL["wait" if wait else "try"], {"what": what})
        (is_alone,) = cursor.fetchone()
    try:
        yield is_alone
    finally:
        if is_alone and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute(_SQL["let_others"], {"what": what})
