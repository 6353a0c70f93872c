"""Whether a key opens anything, asked with every request.

What the database says of a key is kept by each process for `WINGTEL_KEY_CACHE_SECONDS`: a busy key costs a probe of an
index every few seconds instead of one with each request, and a revoked one ends everywhere within that time.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from .models import ApiKey
from .scopes import Access
from .tokens import is_of, prefix_of

USE_NOTED_EVERY = timedelta(minutes=1)
"""How exactly the last use is known."""


class KeyRefusedError(Exception):
    """The key opens nothing; the message says why."""


@dataclass
class _Known:
    """A key as it was read at a moment of the process' own clock."""

    key: ApiKey
    access: Access
    read_at: float
    last_used_at: datetime | None


_known: dict[str, _Known] = {}
"""By prefix. There are as many as keys that are used."""


def check(token: str) -> Access:
    """What the holder of the key `token` may do. Notes its use. Raises KeyRefusedError."""
    prefix = prefix_of(token)
    if prefix is None:
        raise KeyRefusedError("This is no key: a key looks like wt_PREFIX_SECRET.")
    known = _known.get(prefix)
    if known is None or time.monotonic() - known.read_at > settings.WINGTEL_KEY_CACHE_SECONDS:
        known = _read(prefix)
    if known is None or not is_of(token, known.key.hashed):
        raise KeyRefusedError("There is no such key.")
    now = timezone.now()
    _require_in_force(known.key, now)
    _note_use(known, now)
    return known.access


def forget(prefix: str) -> None:
    """Have this process ask the database when it next sees the key."""
    _known.pop(prefix, None)


def _read(prefix: str) -> _Known | None:
    read_at = time.monotonic()
    key = ApiKey.objects.filter(prefix=prefix).first()
    if key is None:
        forget(prefix)
        return None
    known = _known[prefix] = _Known(key, key.access, read_at, key.last_used_at)
    return known


def _require_in_force(key: ApiKey, now: datetime) -> None:
    if key.revoked_at is not None:
        raise KeyRefusedError(f"This key was revoked at {key.revoked_at:%Y-%m-%d %H:%M} UTC.")
    if key.expires_at is not None and key.expires_at <= now:
        raise KeyRefusedError(f"This key expired at {key.expires_at:%Y-%m-%d %H:%M} UTC.")


def _note_use(known: _Known, now: datetime) -> None:
    """Write down the use, unless it was a minute ago or less; of processes that would do so at once, one does."""
    if known.last_used_at is not None and now - known.last_used_at < USE_NOTED_EVERY:
        return
    known.last_used_at = now
    long_ago = Q(last_used_at=None) | Q(last_used_at__lte=now - USE_NOTED_EVERY)
    ApiKey.objects.filter(long_ago, pk=known.key.pk).update(last_used_at=now)
