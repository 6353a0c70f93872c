"""How often a caller may ask."""

import logging
from time import monotonic
from time import time as clock
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from wingtel.access.scopes import Access

if TYPE_CHECKING:  # which imports this module
    from rest_framework.views import APIView

WINDOW = 60
"""Seconds in which requests are counted; windows begin with the minutes of the clock."""
PARTS = 1000
"""A process takes this part of a caller's requests at a time, and asks again when they are used up: a busy key costs a
round trip for many requests instead of one for each."""
RETRY_AFTER = 5.0
"""Seconds for which a lost Redis is asked no more."""

_log = logging.getLogger(__name__)


class _Lost:
    until = 0.0
    """Of the process' own clock: until when nothing is counted."""


_taken: dict[str, tuple[str, int]] = {}
"""For each caller the window, and how many requests this process has left of those it took."""


class CallerThrottle(BaseThrottle):
    """So many requests a minute for each key and person.

    Counted in Django's cache: by all processes together where it is Redis, else by each for itself. While Redis is
    away, requests are not limited.
    """

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Whether the caller has requests left in this minute."""
        caller = request.auth
        if not isinstance(caller, Access):
            return True
        most = caller.requests_per_minute or settings.WINGTEL_REQUESTS_PER_MINUTE
        return not most or _has_left(caller.caller, f"requests:{caller.caller}:{int(clock()) // WINDOW}", most)

    def wait(self) -> float:
        """Seconds until the next minute."""
        return WINDOW - clock() % WINDOW


def _has_left(caller: str, key: str, most: int) -> bool:
    """Whether there is a request left, which is used up then."""
    window, left = _taken.get(caller, (key, 0))
    if window != key or left <= 0:
        part = max(1, most // PARTS)
        counted = _count(key, part)
        left = part if not counted else most - (counted - part)
        if left <= 0:
            return False
        left = min(part, left)
    _taken[caller] = key, left - 1
    return True


def _count(key: str, more: int) -> int:
    """How many requests were taken, with these; 0 where that cannot be told."""
    if monotonic() < _Lost.until:
        return 0
    try:
        return _incremented(key, more)
    except (RedisError, OSError) as error:
        _Lost.until = monotonic() + RETRY_AFTER
        _log.warning("requests are not limited for %s s: Redis does not answer: %s", RETRY_AFTER, error)
        return 0


def _incremented(key: str, more: int) -> int:
    try:
        return cache.incr(key, more)
    except ValueError:  # the first of this minute; another process may be as fast
        return more if cache.add(key, more, 2 * WINDOW) else cache.incr(key, more)
