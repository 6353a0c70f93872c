"""Drift: differences between the objects in the database and those that were installed."""

from django.db import connection

from wingtel import sql
from wingtel.aggregates.models import ActiveStrategy

from .base import named

_SQL = sql.statements(__package__, "sql/drift.sql")

OBJECTS = _SQL["objects"]
"""Query of the objects whose hashes are stored at installation."""


def objects() -> dict[str, str]:
    """Return the functions, views, rules and triggers that are in the database, each with a hash of its text."""
    with connection.cursor() as cursor:
        cursor.execute(OBJECTS)
        return dict(cursor.fetchall())


def problems() -> list[str]:
    """Describe the functions, views, rules and triggers that were changed, are missing or are disabled."""
    row = ActiveStrategy.objects.first()
    if row is None:
        return ["no strategy is installed"]
    present, installed = objects(), row.objects_installed
    changed = [name for name, hashed in installed.items() if name in present and present[name] != hashed]
    missing = [name for name in installed if name not in present]
    return [
        *(f"{name} was changed after it was installed" for name in sorted(changed)),
        *(f"{name} is missing" for name in sorted(missing)),
        *_trigger_problems(named(row.name).triggers),
    ]


def surplus() -> list[str]:
    """Return the functions, views, rules and triggers that were added after the strategy was installed."""
    row = ActiveStrategy.objects.first()
    return sorted(objects().keys() - row.objects_installed.keys()) if row else []


def has_unexpected_triggers() -> bool:
    """Return whether there are triggers, enabled or not, that the active strategy does not have."""
    row = ActiveStrategy.objects.first()
    expected = named(row.name).triggers if row else frozenset()
    return any(name not in expected for _, name, _ in _wrong_triggers(expected))


def _trigger_problems(expected: frozenset[str]) -> list[str]:
    return [f"trigger {name} on {table} is {state}" for table, name, state in _wrong_triggers(expected)]


def _wrong_triggers(expected: frozenset[str]) -> list[tuple[str, str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(_SQL["triggers"], {"expected": sorted(expected)})
        return list(cursor.fetchall())
