"""Throttling: the limit of requests of a caller in a minute."""

import logging
from time import monotonic
from time import time as clock

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from wingtel.access.scopes import Access

WINDOW = 60
"""Seconds of a window in which requests are counted. Windows begin with the minutes of the clock."""
BATCHES = 1000
"""Parts of a caller's limit. A process reserves one at a time, so a busy key costs a round trip for many requests."""
RETRY_AFTER = 5.0
"""Seconds without a request to Redis after it did not answer."""

_log = logging.getLogger(__name__)


class _Outage:
    until = 0.0
    """End of the time in which nothing is counted, by the monotonic clock of the process."""


_reserved: dict[str, tuple[str, int]] = {}
"""Window of each caller, and the unused requests of the batch that this process reserved."""


class CallerThrottle(BaseThrottle):
    """A limit of requests a minute for each key and person.

    Requests are counted in Django's cache: by all processes together if it is Redis, otherwise by each process alone.
    While Redis is away, requests are not limited.
    """

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Return True if the caller has requests left in this minute, and use one."""
        caller = request.auth
        if not isinstance(caller, Access):
            return True
        limit = caller.requests_per_minute or settings.WINGTEL_REQUESTS_PER_MINUTE
        return not limit or _use_request(
            caller.caller, f"wingtel:requests:{caller.caller}:{int(clock()) // WINDOW}", limit
        )

    def wait(self) -> float:
        """Return the seconds until the next minute."""
        return WINDOW - clock() % WINDOW


def _use_request(caller: str, key: str, limit: int) -> bool:
    """Use one request of the caller. Return False if none is left."""
    window, remaining = _reserved.get(caller, (key, 0))
    if window != key or remaining <= 0:
        batch = max(1, limit // BATCHES)
        reserved = _reserve(key, batch)
        remaining = batch if not reserved else limit - (reserved - batch)
        if remaining <= 0:
            return False
        remaining = min(batch, remaining)
    _reserved[caller] = key, remaining - 1
    return True


def _reserve(key: str, batch: int) -> int:
    """Reserve a batch of requests. Return the reserved number of all processes, 0 if it is unknown."""
    if monotonic() < _Outage.until:
        return 0
    try:
        return _increment(key, batch)
    except (RedisError, OSError) as error:
        _Outage.until = monotonic() + RETRY_AFTER
        _log.warning("requests are not limited for %s s: Redis does not answer: %s", RETRY_AFTER, error)
        return 0


def _increment(key: str, number: int) -> int:
    try:
        return cache.incr(key, number)
    except ValueError:  # the first of this minute; another process may add the key at the same time
        return number if cache.add(key, number, 2 * WINDOW) else cache.incr(key, number)
