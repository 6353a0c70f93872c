"""What the measurements do again and again."""

import time
from collections.abc import Callable, Sequence

from django.db import connection


def timed(work: Callable[[], object]) -> float:
    """Seconds that `work` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def execute(statement: str, parameters: Sequence[object] = ()) -> None:
    """Run one statement, of which nothing is asked."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
