"""What a caller may do, be it a program with a key or a person with a session."""

from dataclasses import dataclass

from django.db import models


class Scope(models.TextChoices):
    """What may be done. `admin` includes the others; these do not include each other."""

    READ = "read", "Ask for answers and lists"
    INGEST = "ingest", "Record usage"
    ADMIN = "admin", "Everything, such as changing plans, subscriptions and adjustments"


@dataclass(frozen=True)
class Access:
    """A caller and what it may do.

    `caller` tells callers apart (`key:7`, `user:3`), `name` is for people to read. With a `carrier`, nothing of other
    carriers' subscriptions may be seen or changed. `requests_per_minute` of None is the operator's default.
    """

    caller: str
    name: str
    scopes: frozenset[Scope]
    carrier: str | None = None
    requests_per_minute: int | None = None

    def allows(self, scope: Scope) -> bool:
        """Whether the caller may do what needs `scope`."""
        return scope in self.scopes or Scope.ADMIN in self.scopes
