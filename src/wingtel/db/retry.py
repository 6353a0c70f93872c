"""Retries of strong locks that do not hold up writers: wait briefly, give way, try again."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected, LockNotAvailable

LOCK_RETRY_SECONDS = 60.0
"""Default time, in seconds, after which retries are given up."""

Result = TypeVar("Result")


class LockHeldError(Exception):
    """A lock that other sessions held until retries were given up."""


def retry_on_lock(work: Callable[[], Result], lock_timeout: str, *, give_up: float, pause: float = 0.05) -> Result:
    """Run `work` in a transaction that begins with the statement `lock_timeout`; return its result.

    Where another session holds a lock, run it again after about `pause` seconds. Raise LockHeldError once
    time.monotonic() is past `give_up`.
    """
    while True:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(lock_timeout)
                return work()
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable | DeadlockDetected):
                raise
            if time.monotonic() > give_up:
                raise LockHeldError("other sessions held the usage tables all the time") from error
            time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - so that two sessions do not meet again
