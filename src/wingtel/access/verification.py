"""Verification of API keys, with every request.

Each process caches the stored data of a key for `WINGTEL_KEY_CACHE_SECONDS`. So a busy key costs an index lookup every
few seconds instead of one for each request. A revoked key is rejected everywhere within that time.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from .models import ApiKey
from .scopes import Access
from .tokens import matches, prefix_of

LAST_USE_INTERVAL = timedelta(minutes=1)
"""Time for which the stored last use of a key is not updated again."""


class KeyRejectedError(Exception):
    """An error of a key that is not valid. The message gives the reason."""


@dataclass
class _CachedKey:
    """A key as it was read from the database at `read_at`, by the monotonic clock of the process."""

    key: ApiKey
    access: Access
    read_at: float
    last_used_at: datetime | None


_cache: dict[str, _CachedKey] = {}
"""Used keys by prefix."""


def check(token: str) -> Access:
    """Return the access of the holder of `token`, and store its use. Raises KeyRejectedError if it is not valid."""
    prefix = prefix_of(token)
    if prefix is None:
        raise KeyRejectedError("This is not a key: a key looks like wt_PREFIX_SECRET.")
    cached = _cache.get(prefix)
    if cached is None or time.monotonic() - cached.read_at > settings.WINGTEL_KEY_CACHE_SECONDS:
        cached = _read(prefix)
    if cached is None or not matches(token, cached.key.hashed):
        raise KeyRejectedError("There is no such key.")
    now = timezone.now()
    _require_in_force(cached.key, now)
    _store_last_use(cached, now)
    return cached.access


def forget(prefix: str) -> None:
    """Remove a key from the cache of this process, which then reads it again from the database."""
    _cache.pop(prefix, None)


def _read(prefix: str) -> _CachedKey | None:
    read_at = time.monotonic()
    key = ApiKey.objects.filter(prefix=prefix).first()
    if key is None:
        forget(prefix)
        return None
    cached = _cache[prefix] = _CachedKey(key, key.access, read_at, key.last_used_at)
    return cached


def _require_in_force(key: ApiKey, now: datetime) -> None:
    if key.revoked_at is not None:
        raise KeyRejectedError(f"This key was revoked at {key.revoked_at:%Y-%m-%d %H:%M} UTC.")
    if key.expires_at is not None and key.expires_at <= now:
        raise KeyRejectedError(f"This key expired at {key.expires_at:%Y-%m-%d %H:%M} UTC.")


def _store_last_use(cached: _CachedKey, now: datetime) -> None:
    """Store the use unless the stored one is a minute old or less. If several processes try at once, one writes."""
    if cached.last_used_at is not None and now - cached.last_used_at < LAST_USE_INTERVAL:
        return
    cached.last_used_at = now
    is_due = Q(last_used_at=None) | Q(last_used_at__lte=now - LAST_USE_INTERVAL)
    ApiKey.objects.filter(is_due, pk=cached.key.pk).update(last_used_at=now)
