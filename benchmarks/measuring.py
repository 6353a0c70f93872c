"""Helpers that the measurements share."""

import time
from collections.abc import Callable, Sequence

from django.db import connection


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that `work` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def execute(statement: str, parameters: Sequence[object] = ()) -> None:
    """Run one statement, and ignore its result."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
