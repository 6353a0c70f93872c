"""Django system checks of the project that Wingtel is installed in."""

from difflib import get_close_matches
from typing import Any

from django.conf import settings
from django.core import checks
from django.db import connections

from .project import defaults, unknown


def database_is_postgresql(**_: Any) -> list[checks.CheckMessage]:
    """Report a default database that is not PostgreSQL."""
    if connections["default"].vendor == "postgresql":
        return []
    return [
        checks.Error(
            "The default database is not PostgreSQL, which Wingtel needs (15 to 18).",
            "Set the ENGINE of DATABASES['default'] to django.db.backends.postgresql.",
            id="wingtel.E001",
        )
    ]


def timestamps_have_zones(**_: Any) -> list[checks.CheckMessage]:
    """Report a project whose timestamps have no time zone."""
    if settings.USE_TZ:
        return []
    return [checks.Error("Timestamps of usage need a time zone.", "Set USE_TZ = True.", id="wingtel.E002")]


def settings_are_known(**_: Any) -> list[checks.CheckMessage]:
    """Warn of settings that begin with WINGTEL_ and have no effect."""
    return [
        checks.Warning(
            f"{name} has no effect: there is no such setting.",
            "".join(f"Did you mean {each}?" for each in get_close_matches(name, defaults(), n=1))
            or "Remove it, or see docs/django.md for those there are.",
            id="wingtel.W008",
        )
        for name in unknown(settings)
    ]
