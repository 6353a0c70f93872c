"""Advisory locks of a session, which last over several transactions."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from wingtel import sql

_SQL = sql.statements(__package__, "sql/locks.sql")


@contextmanager
def advisory_lock(name: str, *, wait: bool) -> Iterator[bool]:
    """Hold the advisory lock of that name during the block. Yield False if another session holds it.

    With `wait`, wait until the lock is free, and yield True. The lock ends with the session, however that ends.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SQL["lock" if wait else "try_lock"], {"name": name})
        (is_locked,) = cursor.fetchone()
    try:
        yield is_locked
    finally:
        if is_locked and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute(_SQL["unlock"], {"name": name})
