"""Health of what answers do not need: Redis, and the processes that run the tasks."""

from datetime import datetime, timedelta
from functools import cache

import redis
from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from wingtel.tasks.models import TaskRun

_TIMEOUT_SECONDS = 1.0
_MAX_MISSED_RUNS = 10
"""Runs of the most frequent task that may be missed before background work counts as stalled."""

_MIN_STALL_TIMEOUT = timedelta(seconds=60)


def redis_status() -> str:
    """Return `ok`, `unreachable`, or `not configured` if there is no REDIS_URL."""
    if not settings.REDIS_URL:
        return "not configured"
    try:
        _client(settings.REDIS_URL).ping()
    except (redis.RedisError, OSError):
        return "unreachable"
    return "ok"


def background_status() -> str:
    """Return `ok` while tasks run, `stalled` if none has for a minute, `not running` if none ever did.

    Tasks that fail count as running; see their own metrics.
    """
    last = _last_run()
    if last is None:
        return "not running"
    timeout = max(_MIN_STALL_TIMEOUT, timedelta(seconds=_MAX_MISSED_RUNS * settings.WINGTEL_MERGE_INTERVAL))
    return "ok" if timezone.now() - last <= timeout else "stalled"


def _last_run() -> datetime | None:
    runs = TaskRun.objects.aggregate(succeeded=Max("succeeded_at"), failed=Max("failed_at"))
    return max((timestamp for timestamp in runs.values() if timestamp), default=None)


@cache
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=_TIMEOUT_SECONDS, socket_connect_timeout=_TIMEOUT_SECONDS)
