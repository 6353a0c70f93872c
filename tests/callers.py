"""Clients of the API with keys."""

from itertools import count
from typing import Any

from django.test import Client

from wingtel.access import keys
from wingtel.access.scopes import Scope

_numbers = count()


def new_token(*scopes: Scope, **options: Any) -> str:
    """Return a new key with some scopes. `options` are those of `keys.create`."""
    return keys.create(f"test {next(_numbers)}", scopes=scopes, **options).token


def with_key(token: str) -> Client:
    """Return a client that sends a key."""
    return Client(headers={"authorization": f"Bearer {token}"})


def client_of(*scopes: Scope, **options: Any) -> Client:
    """Return a client with a new key."""
    return with_key(new_token(*scopes, **options))
