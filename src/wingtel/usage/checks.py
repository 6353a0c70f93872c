"""Django system checks: records that are larger than a record may be."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.db import connections

from wingtel import sql

from .ranges import LARGEST_QUANTITY

_SQL = sql.statements(__package__, "sql/queries.sql")


def quantities_are_in_range(
    *, app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None, **_: Any
) -> list[checks.CheckMessage]:
    """Warn of raw tables with records from before there was a largest quantity. They are counted as they are."""
    found = []
    for using in databases or ():
        with connections[using].cursor() as cursor:
            cursor.execute(_SQL["unchecked_quantities"])
            found += cursor.fetchall()
    return [
        checks.Warning(
            f"{table} may hold records of more than {LARGEST_QUANTITY:,} {column.partition('_')[0]}.",
            f"Correct those whose {column} is not between -{LARGEST_QUANTITY} and {LARGEST_QUANTITY}, then run: "
            f"ALTER TABLE {table} VALIDATE CONSTRAINT {constraint};",
            id="wingtel.W003",
        )
        for table, column, constraint in found
    ]
