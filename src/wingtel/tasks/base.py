"""Base class of tasks: it stores their outcome in the database, for health and metrics."""

from contextlib import suppress
from typing import Any

from celery import Task
from django.db import DatabaseError, InterfaceError, OperationalError
from django.db.models import F
from django.utils import timezone

from .models import TaskRun

_MAX_ERROR_LENGTH = 2000


class BaseTask(Task):  # type: ignore[type-arg]
    """A task whose last success and failure are stored.

    It is retried with backoff if the database is gone, was restarted or aborted it for a deadlock. There are five
    retries, after up to 1, 2, 4, 8 and 16 seconds. After that the schedule sends the task again.
    """

    autoretry_for = (OperationalError, InterfaceError)
    max_retries = 5
    retry_backoff = True
    retry_jitter = True

    def on_success(self, retval: Any, task_id: str, args: Any, kwargs: Any) -> None:
        _store_run(self.name, runs=1, succeeded_at=timezone.now())

    def on_retry(self, exc: BaseException, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
        self._store_failure(exc)

    def on_failure(self, exc: BaseException, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
        self._store_failure(exc)

    def _store_failure(self, error: BaseException) -> None:
        message = f"{type(error).__name__}: {error}"[:_MAX_ERROR_LENGTH]
        _store_run(self.name, runs=1, failures=1, failed_at=timezone.now(), error=message)


def _store_run(task: str, *, runs: int, failures: int = 0, **values: Any) -> None:
    counts = {"runs": F("runs") + runs, "failures": F("failures") + failures}
    with suppress(DatabaseError):  # without the database, only this run is not stored
        if not TaskRun.objects.filter(task=task).update(**counts, **values):
            TaskRun.objects.bulk_create([TaskRun(task=task)], ignore_conflicts=True)
            TaskRun.objects.filter(task=task).update(**counts, **values)
