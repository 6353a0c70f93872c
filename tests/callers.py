"""Clients with keys of the API."""

from itertools import count
from typing import Any

from django.test import Client

from wingtel.access import keys
from wingtel.access.scopes import Scope

_numbers = count()


def new_token(*scopes: Scope, **options: Any) -> str:
    """A key with some scopes; `options` are those of `keys.create`."""
    return keys.create(f"test {next(_numbers)}", scopes=scopes, **options).token


def with_key(token: str) -> Client:
    """A client that sends a key."""
    return Client(headers={"authorization": f"Bearer {token}"})


def client_of(*scopes: Scope, **options: Any) -> Client:
    """A client with a key of its own."""
    return with_key(new_token(*scopes, **options))
