"""Aggregates maintained by deltas: writers append them without waiting, and merge them past a bound."""

from django.db import connection, transaction

from wingtel import sql
from wingtel.aggregates import stored
from wingtel.aggregates.strategies.base import Backlog
from wingtel.aggregates.strategies.statement_triggers import StatementTriggers

_APPEND = sql.statements(__package__, "statements.sql")
_SQL = sql.statements(__package__, "merging.sql")
_MERGE = _SQL["drain"] + stored.APPLY_LOGGED
_DEFINE = (_SQL["define_merge"].replace("{merge}", _MERGE), _SQL["define_due"])


class IncrementalStrategy(StatementTriggers):
    """Statement-level triggers append what changed; 100 000 records or more of one statement are counted at once.

    Answers count pending deltas, so they are exact at any time.
    """

    name = "incremental"
    has_deltas = True
    apply = "\n".join((stored.LOG_CHANGES, _APPEND["append"]))
    many = 100_000
    views = stored.VIEWS + sql.script(__package__, "views.sql")

    @property
    def apply_many(self) -> str:  # type: ignore[override] # depends on the server
        """Statement that changes the stored aggregates at once: so many deltas would be merged immediately."""
        return stored.apply_many() or stored.APPLY

    @property
    def sources(self) -> tuple[str, ...]:  # type: ignore[override] # those of its base depend on its statements
        return (*super().sources, *_DEFINE)

    def install(self) -> None:
        super().install()
        with connection.cursor() as cursor:
            for script in _DEFINE:
                cursor.execute(script)

    def uninstall(self) -> None:
        super().uninstall()
        with connection.cursor() as cursor:
            cursor.execute(_SQL["drop"])

    def merge(self) -> int | None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_SQL["try_lock"])
            (is_locked,) = cursor.fetchone()
            if not is_locked:
                return None
            pending = self.backlog().records
            cursor.execute(_SQL["try_merge"])
            (is_merged,) = cursor.fetchone()
        return pending if is_merged else None

    def flush(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_MERGE)

    def backlog(self) -> Backlog:
        with connection.cursor() as cursor:
            cursor.execute(_SQL["backlog"])
            return Backlog(*cursor.fetchone())
