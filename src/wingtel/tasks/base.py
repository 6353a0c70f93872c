"""Tasks whose outcome is kept in the database, for health and metrics."""

from contextlib import suppress
from typing import Any

from celery import Task
from django.db import DatabaseError, InterfaceError, OperationalError
from django.db.models import F
from django.utils import timezone

from .models import TaskRun

_LONGEST_ERROR = 2000


class RecordedTask(Task):  # type: ignore[type-arg]
    """A task that notes when it last succeeded and failed.

    A database that is gone, restarted or undid it for a deadlock is asked again with backoff: five times, after up to
    1, 2, 4, 8 and 16 seconds. After that the schedule sends the task anew.
    """

    autoretry_for = (OperationalError, InterfaceError)
    max_retries = 5
    retry_backoff = True
    retry_jitter = True

    def on_success(self, retval: Any, task_id: str, args: Any, kwargs: Any) -> None:
        _note(self.name, runs=1, succeeded_at=timezone.now())

    def on_retry(self, exc: BaseException, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
        self._note_failure(exc)

    def on_failure(self, exc: BaseException, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
        self._note_failure(exc)

    def _note_failure(self, error: BaseException) -> None:
        words = f"{type(error).__name__}: {error}"[:_LONGEST_ERROR]
        _note(self.name, runs=1, failures=1, failed_at=timezone.now(), error=words)


def _note(task: str, *, runs: int, failures: int = 0, **values: Any) -> None:
    counts = {"runs": F("runs") + runs, "failures": F("failures") + failures}
    with suppress(DatabaseError):  # where the database is gone, what cannot be noted is noted after the next run
        if not TaskRun.objects.filter(task=task).update(**counts, **values):
            TaskRun.objects.bulk_create([TaskRun(task=task)], ignore_conflicts=True)
            TaskRun.objects.filter(task=task).update(**counts, **values)
