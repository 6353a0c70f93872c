"""Taking strong locks without holding up those who write: give up soon, let them by, try again."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected, LockNotAvailable

PATIENCE_SECONDS = 60.0

Result = TypeVar("Result")


class StillHeldError(Exception):
    """Others held what was needed all the time."""


def patiently(work: Callable[[], Result], patience: str, *, give_up: float, pause: float = 0.05) -> Result:
    """Do `work` in a transaction that begins with the statement `patience`, which limits how long it waits for a lock.

    Where others hold one, again after about `pause` seconds, until `give_up` (of time.monotonic). Raises StillHeldError
    then.
    """
    while True:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(patience)
                return work()
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable | DeadlockDetected):
                raise
            if time.monotonic() > give_up:
                raise StillHeldError("other sessions held the usage tables all the time") from error
            time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - so that two do not meet again
