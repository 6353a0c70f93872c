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


class SignalsStrategy(Strategy):
    """One sorted upsert per statement and grain, in the transaction of the write. Raw SQL is not counted."""

    name = "signals"
    counts_models = True
    counts_sql = False
    counts_recorded = True

    @property
    def fingerprint(self) -> str:
        return sha256((_VIEWS + _SQL["ask"]).encode()).hexdigest()

    def install(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_VIEWS)
            cursor.execute(_SQL["ask"], {"announcing": True})

    def uninstall(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_SQL["ask"], {"announcing": False})

    def usage_recorded(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_applying("recorded"))


def apply_changes(using: str, usage_type: UsageType, changes: list[UsageChange], **_: Any) -> None:
    """Add the changes that a write announces to the stored aggregates."""
    subscription_ids, days, used, prices, records = map(list, zip(*changes, strict=True))
    with connections[using].cursor() as cursor:
        cursor.execute(
            _applying("announced"),
            {
                "usage_type": usage_type.value,
                "subscription_ids": subscription_ids,
                "days": days,
                "used": used,
                "prices": prices,
                "records": records,
            },
        )


def _applying(source: str) -> str:
    return f"WITH changed_usage AS ({_SQL[source]}) {_SQL['apply']}"
