"""Django system checks of settings that the database fixed."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.db import ProgrammingError, connections

from wingtel import sql
from wingtel.db.checks import of_our_database

_SQL = sql.statements(__package__, "sql/queries.sql")


FIXED = ("WINGTEL_TIME_ZONE", "WINGTEL_CURRENCY")
"""Settings that are fixed when the database is first migrated, in the order of the statement that reads them."""


@of_our_database
def fixed_settings_are_kept(
    *, app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None, **_: Any
) -> list[checks.CheckMessage]:
    """Warn of settings that differ from those fixed when the database was first migrated."""
    found: list[tuple[str, str]] = []
    for using in databases or ():
        try:
            with connections[using].cursor() as cursor:
                cursor.execute(_SQL["fixed_settings"])
                found += zip(FIXED, cursor.fetchone(), strict=True)
        except ProgrammingError:
            continue  # not migrated yet
    return [
        checks.Warning(
            f"{name} is {given}, but the database was first migrated with {fixed}, which holds.",
            f"Set {name}={fixed}. For another value, start with an empty database.",
            id="wingtel.W004",
        )
        for name, fixed in found
        if (given := getattr(settings, name)) != fixed
    ]
