"""The state of the installation on one screen."""

import shutil
from datetime import date, datetime
from importlib.metadata import version
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Min, Q
from django.utils import timezone
from msgspec import Struct

from wingtel import sql
from wingtel.access.models import ApiKey
from wingtel.aggregates import strategies
from wingtel.embedded import wingtel_home
from wingtel.tasks.models import TaskRun
from wingtel.usage.currency import currency
from wingtel.usage.models import UsageDay
from wingtel.usage.partitions import operator_zone

from .health import background_status, redis_status

_SQL = sql.statements(__package__, "sql/status.sql")


class Database(Struct):
    """The PostgreSQL in use: never its password."""

    server: str
    host: str
    name: str
    size_bytes: int


class Days(Struct):
    """Number of business days in each state."""

    open: int
    sealed: int
    expired: int
    oldest_open: date | None


class Task(Struct):
    """The last runs of one task."""

    task: str
    queue: str
    succeeded_at: datetime | None
    failed_at: datetime | None
    runs: int
    failures: int
    error: str


class Status(Struct):
    """The state of the installation."""

    version: str
    database: Database
    time_zone: str
    currency: str
    strategy: str | None
    pending_records: int
    pending_since: datetime | None
    days: Days
    redis: str
    background: str
    tasks: list[Task]
    active_api_keys: int
    disk_free_bytes: int | None


def read_status() -> Status:
    """Return the state of the installation as of now."""
    strategy = strategies.active()
    backlog = strategy.backlog() if strategy else None
    return Status(
        version=version("wingtel"),
        database=_database(),
        time_zone=str(operator_zone()),
        currency=currency(),
        strategy=strategy.name if strategy else None,
        pending_records=backlog.records if backlog else 0,
        pending_since=backlog.since if backlog else None,
        days=_days(),
        redis=redis_status(),
        background=background_status(),
        tasks=list(map(_task, TaskRun.objects.all())),
        active_api_keys=_active_keys(),
        disk_free_bytes=_disk_free(),
    )


def _database() -> Database:
    with connection.cursor() as cursor:
        cursor.execute(_SQL["database"])
        server, name, size = cursor.fetchone()
    host = str(connection.settings_dict["HOST"] or connection.settings_dict["OPTIONS"].get("host") or "local socket")
    return Database(server=f"PostgreSQL {server}", host=host, name=name, size_bytes=size)


def _days() -> Days:
    states = list(UsageDay.objects.values_list("state", flat=True))
    oldest: Any = UsageDay.objects.filter(state=UsageDay.State.OPEN).aggregate(day=Min("day"))["day"]
    return Days(
        open=states.count(UsageDay.State.OPEN),
        sealed=states.count(UsageDay.State.SEALED),
        expired=states.count(UsageDay.State.EXPIRED),
        oldest_open=oldest,
    )


def _task(run: TaskRun) -> Task:
    routes: dict[str, dict[str, str]] = settings.CELERY_TASK_ROUTES
    return Task(
        task=run.task,
        queue=routes.get(run.task, {}).get("queue", "default"),
        succeeded_at=run.succeeded_at,
        failed_at=run.failed_at,
        runs=run.runs,
        failures=run.failures,
        error=run.error,
    )


def _active_keys() -> int:
    unexpired = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    return ApiKey.objects.filter(unexpired, revoked_at=None).count()


def _disk_free() -> int | None:
    """Return the free bytes where the embedded server keeps its data, None if it has none there."""
    home = wingtel_home()
    return shutil.disk_usage(home).free if home.is_dir() else None
