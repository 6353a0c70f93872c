"""Aggregates kept by statement-level triggers with transition tables; the SQL is in the files beside this one."""

from hashlib import sha256

from django.db import connection

from wingtel import sql
from wingtel.aggregates.strategies.base import Strategy
from wingtel.usage.partitions import Partition

_VIEWS = sql.script("wingtel.aggregates", "sql/stored_views.sql")
_INSTALL = sql.script(__package__, "install.sql")
_SQL = sql.statements(__package__, "statements.sql")


class TriggersStrategy(Strategy):
    """One sorted upsert per statement and grain, for INSERT, UPDATE, DELETE, TRUNCATE and COPY, exact at commit."""

    name = "triggers"
    counts_models = True
    counts_sql = True

    @property
    def fingerprint(self) -> str:
        return sha256((_VIEWS + _INSTALL + _SQL["attach_everywhere"]).encode()).hexdigest()

    def install(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_VIEWS)
            cursor.execute(_INSTALL)
            cursor.execute(_SQL["attach_everywhere"])

    def uninstall(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_SQL["uninstall"])

    def partition_created(self, partition: Partition) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_SQL["attach"], {"parent": partition.parent, "relation": partition.table})
