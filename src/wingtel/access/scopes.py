"""Scopes, and the access of a caller: a program with a key or a person with a session."""

from dataclasses import dataclass

from django.db import models


class Scope(models.TextChoices):
    """A permission. `admin` includes the other scopes; these do not include each other."""

    READ = "read", "Ask for answers and lists"
    INGEST = "ingest", "Record usage"
    ADMIN = "admin", "Everything, such as changing plans, subscriptions and adjustments"


@dataclass(frozen=True)
class Access:
    """A caller and its permissions.

    `caller` identifies the caller (`key:7`, `user:3`), `name` is for people to read. With a `carrier`, the caller may
    see and change only subscriptions of that carrier. `requests_per_minute` of None is the operator's default.
    """

    caller: str
    name: str
    scopes: frozenset[Scope]
    carrier: str | None = None
    requests_per_minute: int | None = None

    def allows(self, scope: Scope) -> bool:
        """Return True if the caller has `scope`, or `admin`."""
        return scope in self.scopes or Scope.ADMIN in self.scopes
