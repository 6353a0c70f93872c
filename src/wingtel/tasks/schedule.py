"""The schedule, which remembers nothing between two starts: tasks ask the database what is due."""

from datetime import UTC, datetime

from celery.beat import Scheduler

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class ScheduleFromNow(Scheduler):
    """Sends everything once at its start, then each in its interval.

    So a schedule that is often started anew leaves nothing out, and there is no file that could be damaged.
    """

    def setup_schedule(self) -> None:
        super().setup_schedule()
        for entry in self.schedule.values():
            entry.last_run_at = _LONG_AGO
