"""A schedule without memory between two starts: tasks ask the database what is due."""

from datetime import UTC, datetime

from celery.beat import Scheduler

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class ScheduleFromNow(Scheduler):
    """A scheduler that sends every task once at its start, then each in its interval.

    So frequent restarts skip no task, and there is no file that could be damaged.
    """

    def setup_schedule(self) -> None:
        super().setup_schedule()
        for entry in self.schedule.values():
            entry.last_run_at = _LONG_AGO
