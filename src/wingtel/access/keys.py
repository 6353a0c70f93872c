"""Creation and revocation of API keys."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.utils import timezone

from wingtel.subscriptions import carriers

from . import verification
from .models import LONGEST_NAME, ApiKey
from .scopes import Scope
from .tokens import hash_of, new_token, prefix_of


class KeyProblemError(ValueError):
    """An error of a key that cannot be created or found. The message gives the reason."""


class NewKey(NamedTuple):
    """A new key. `token` is the key itself, which cannot be shown again."""

    key: ApiKey
    token: str


def create(
    name: str,
    *,
    scopes: Collection[Scope],
    carrier: str | None = None,
    expires_at: datetime | None = None,
    requests_per_minute: int | None = None,
) -> NewKey:
    """Create a key.

    Raises KeyProblemError for:

    - a name that is empty, too long, not printable, or that of another key in force
    - no scope
    - an unknown carrier
    - an expiry that is past or has no time zone
    - a rate below 1
    """
    name = name.strip()
    if problem := _problem(name, scopes, expires_at, requests_per_minute):
        raise KeyProblemError(problem)
    if carrier:
        try:
            carriers.check(carrier)
        except carriers.UnknownCarrierError as error:
            raise KeyProblemError(str(error)) from error
    token = new_token()
    key = ApiKey(
        name=name,
        prefix=prefix_of(token) or "",
        hashed=hash_of(token),
        scopes=sorted(set(scopes)),
        carrier=carrier or "",
        expires_at=expires_at,
        requests_per_minute=requests_per_minute,
    )
    try:
        with transaction.atomic():
            key.save(force_insert=True)
    except IntegrityError as error:
        raise KeyProblemError(
            f"there is a key named {name!r} in force; revoke it first, or choose another name"
        ) from error
    return NewKey(key, token)


def revoke(name_or_prefix: str) -> ApiKey:
    """Revoke the key in force with a name or prefix.

    Processes that have it in their cache accept it for up to `WINGTEL_KEY_CACHE_SECONDS`.
    Raises KeyProblemError if no key in force has that name or prefix.
    """
    in_force = ApiKey.objects.filter(revoked_at=None)
    key = in_force.filter(name=name_or_prefix).first()
    key = key or in_force.filter(prefix=name_or_prefix.removeprefix("wt_")[:8]).first()
    if key is None or not in_force.filter(pk=key.pk).update(revoked_at=timezone.now()):
        raise KeyProblemError(f"no key in force has the name or prefix {name_or_prefix!r}: see `wingtel keys list`")
    verification.forget(key.prefix)
    key.refresh_from_db()
    return key


def _problem(
    name: str,
    scopes: Collection[Scope],
    expires_at: datetime | None,
    requests_per_minute: int | None,
) -> str | None:
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        return f"{name!r} is no name: give it 1 to {LONGEST_NAME} printable characters"
    if not scopes:
        return f"no scope is given: choose among {', '.join(Scope.values)}"
    if expires_at is not None and timezone.is_naive(expires_at):
        return f"{expires_at} has no time zone: give it one"
    if expires_at is not None and expires_at <= timezone.now():
        return f"{expires_at} is past: choose a later expiry"
    if requests_per_minute is not None and requests_per_minute < 1:
        return f"{requests_per_minute} requests a minute are none: give at least 1"
    return None
