"""Aggregates kept by a receiver of the changes that the models announce; the SQL is in the file beside this one."""

from hashlib import sha256
from typing import Any

from django.db import connection, connections

from wingtel import sql
from wingtel.aggregates.strategies.base import Strategy
from wingtel.usage.announcements import UsageChange
from wingtel.usage.models import UsageType

_VIEWS = sql.script("wingtel.aggregates", "sql/stored_views.sql")
_SQL = sql.statements(__package__, "statements.sql")
_INSTALL, _RECORDED = (_SQL[name].format(apply=_SQL["apply"]) for name in ("install", "recorded"))


class SignalsStrategy(Strategy):
    """One sorted upsert per statement and grain, in the transaction of the write. Raw SQL is not counted."""

    name = "signals"
    counts_models = True
    counts_sql = False
    counts_recorded = True

    @property
    def fingerprint(self) -> str:
        return sha256((_VIEWS + _INSTALL + _SQL["ask"]).encode()).hexdigest()

    def install(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_VIEWS)
            cursor.execute(_INSTALL)
            cursor.execute(_SQL["ask"], {"announcing": True})

    def uninstall(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_SQL["ask"], {"announcing": False})
            cursor.execute(_SQL["uninstall"])

    def usage_recorded(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_RECORDED)


def apply_changes(using: str, usage_type: UsageType, changes: list[UsageChange], **_: Any) -> None:
    """Add the changes that a write announces to the stored aggregates."""
    columns = map(list, zip(*changes, strict=True))
    with connections[using].cursor() as cursor:
        cursor.execute(_SQL["announced"], [usage_type.value, *columns])
