"""How the parts are that answers do not need: Redis, and whoever runs the tasks."""

from datetime import datetime, timedelta
from functools import cache

import redis
from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from wingtel.tasks.models import TaskRun

_ANSWER_SECONDS = 1.0
_MISSED = 10
"""Runs of the most frequent task that may be missed before background work counts as stalled."""

_LEAST_PATIENCE = timedelta(seconds=60)


def redis_status() -> str:
    """`ok`, `unreachable`, or `not configured` where there is no REDIS_URL."""
    if not settings.REDIS_URL:
        return "not configured"
    try:
        _client(settings.REDIS_URL).ping()
    except (redis.RedisError, OSError):
        return "unreachable"
    return "ok"


def background_status() -> str:
    """`ok` while tasks run, `stalled` when none has for a minute, `not running` when none ever did.

    Tasks that fail count as running; see their own figures.
    """
    last = _last_run()
    if last is None:
        return "not running"
    patience = max(_LEAST_PATIENCE, timedelta(seconds=_MISSED * settings.WINGTEL_MERGE_INTERVAL))
    return "ok" if timezone.now() - last <= patience else "stalled"


def _last_run() -> datetime | None:
    runs = TaskRun.objects.aggregate(succeeded=Max("succeeded_at"), failed=Max("failed_at"))
    return max((moment for moment in runs.values() if moment), default=None)


@cache
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=_ANSWER_SECONDS, socket_connect_timeout=_ANSWER_SECONDS)
