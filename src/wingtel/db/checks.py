"""Django system checks of tables, columns, indexes and constraints that are not those of this version."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.apps import AppConfig, apps
from django.core import checks
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor

from wingtel.config.project import APPS

from . import catalog

_DJANGO = ("auth_", "django_")
"""Prefixes of tables whose structure is that of the installed Django."""


Check = Callable[..., list[checks.CheckMessage]]


def of_our_database(check: Check) -> Check:
    """Return a check that sees the default database alone, and that only if it is PostgreSQL (wingtel.E001)."""

    @wraps(check)
    def check_ours(*, databases: Sequence[str] | None, **options: Any) -> list[checks.CheckMessage]:
        is_ours = DEFAULT_DB_ALIAS in (databases or ()) and connections[DEFAULT_DB_ALIAS].vendor == "postgresql"
        return check(databases=[DEFAULT_DB_ALIAS] if is_ours else [], **options)

    return check_ours


@of_our_database
def structure_is_of_this_version(
    *, app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None, **_: Any
) -> list[checks.CheckMessage]:
    """Warn of objects that are missing or differ. Report surplus ones, which may be the operator's own."""
    found: list[checks.CheckMessage] = []
    for using in databases or ():
        executor = MigrationExecutor(connections[using])
        if not executor.loader.applied_migrations:
            continue
        leaves = [node for node in executor.loader.graph.leaf_nodes() if apps.get_app_config(node[0]).name in APPS]
        if behind := executor.migration_plan(leaves):
            found.append(_behind(len(behind)))
        else:
            foreign = _tables_of_others()
            differences = catalog.differences(catalog.read(connections[using]))
            found += [_message(each) for each in differences if each.object.table not in foreign]
    return found


def _tables_of_others() -> set[str]:
    """Return the tables of Django and of the project's own apps."""
    models = apps.get_models(include_auto_created=True)
    others = {model._meta.db_table for model in models if not model.__module__.startswith("wingtel.")}
    return others | {each.table for each in catalog.expected() if each.table.startswith(_DJANGO)}


def _behind(migrations: int) -> checks.Warning:
    words = "1 migration" if migrations == 1 else f"{migrations} migrations"
    return checks.Warning(
        f"The database lacks {words} of this version.", "Run `wingtel manage migrate`.", id="wingtel.W006"
    )


def _message(difference: catalog.Difference) -> checks.CheckMessage:
    if difference.expected is None:
        return checks.Info(f"{difference}.", difference.repair, id="wingtel.I001")
    return checks.Warning(f"{difference}.", difference.repair, id="wingtel.W007")
