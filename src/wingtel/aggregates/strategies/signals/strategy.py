"""Aggregates maintained by a receiver of the models' change events; the SQL is in the file beside this one."""

from typing import Any

from django.db import connection, connections

from wingtel import sql
from wingtel.aggregates import stored
from wingtel.aggregates.strategies.base import Strategy
from wingtel.usage.change_events import UsageChange
from wingtel.usage.models import UsageType

_SQL = sql.statements(__package__, "statements.sql")
_INSTALL = _SQL["install"].format(apply=stored.APPLY)


class SignalsStrategy(Strategy):
    """One sorted upsert per statement and grain, in the transaction of the write. Raw SQL is not counted."""

    name = "signals"
    counts_models = True
    counts_sql = False
    count_recorded = stored.COUNT_RECORDED
    count_many_recorded = stored.COUNT_MANY_RECORDED
    sources = (_INSTALL,)

    def install(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_INSTALL)
            cursor.execute(_SQL["set_events"], {"enabled": True})

    def stop(self) -> None:
        """Uninstall at once: the switch has waited for all writers, so no session calls the function any longer."""
        with connection.cursor() as cursor:
            cursor.execute(_SQL["set_events"], {"enabled": False})
            cursor.execute(_SQL["uninstall"])


def count_changes(using: str, usage_type: UsageType, changes: list[UsageChange], **_: Any) -> None:
    """Add the changes of a change event to the stored aggregates."""
    with connections[using].cursor() as cursor:
        if len(changes) == 1:
            cursor.execute(_SQL["count_one"], {"usage_type": usage_type.value, **changes[0]._asdict()})
        else:
            columns = map(list, zip(*changes, strict=True))
            cursor.execute(_SQL["count"], [usage_type.value, *columns])
