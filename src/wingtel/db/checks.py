"""Django system checks of tables, columns, indexes and constraints that are not those of this version."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from . import catalog


def structure_is_of_this_version(
    *, app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None, **_: Any
) -> list[checks.CheckMessage]:
    """Warn of objects that are missing or differ. Report surplus ones, which may be the operator's own."""
    found: list[checks.CheckMessage] = []
    for using in databases or ():
        executor = MigrationExecutor(connections[using])
        if not executor.loader.applied_migrations:
            continue
        if behind := executor.migration_plan(executor.loader.graph.leaf_nodes()):
            found.append(_behind(len(behind)))
        else:
            found += [_message(each) for each in catalog.differences(catalog.read(connections[using]))]
    return found


def _behind(migrations: int) -> checks.Warning:
    words = "1 migration" if migrations == 1 else f"{migrations} migrations"
    return checks.Warning(
        f"The database lacks {words} of this version.", "Run `wingtel manage migrate`.", id="wingtel.W006"
    )


def _message(difference: catalog.Difference) -> checks.CheckMessage:
    if difference.expected is None:
        return checks.Info(f"{difference}.", difference.repair, id="wingtel.I001")
    return checks.Warning(f"{difference}.", difference.repair, id="wingtel.W007")
