"""Migrating an embedded database.

The owner of a server given by DATABASE_URL migrates it: `wingtel manage migrate`.
"""

import django
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from wingtel import sql
from wingtel.embedded import EmbeddedServerError

_SQL = sql.statements(__package__, "migration.sql")


def migrate_if_behind() -> None:
    """Apply missing migrations and functions; if several processes find some missing, one applies them.

    Raises EmbeddedServerError if the database cannot be migrated.
    """
    django.setup()
    if not _behind():
        return
    with connection.cursor() as cursor:
        cursor.execute(_SQL["lock"])
        try:
            if _behind():
                call_command("migrate", interactive=False, verbosity=0)
        except CommandError as error:
            raise EmbeddedServerError(str(error), hint="") from error
        finally:
            cursor.execute(_SQL["unlock"])


def _behind() -> bool:
    from wingtel.aggregates.strategies import outdated  # noqa: PLC0415 - needs Django set up

    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes())) or outdated()
