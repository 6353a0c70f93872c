"""Aggregates kept by appended deltas: writers never wait for each other, and a fold adds up what they appended."""

from django.db import connection, transaction

from wingtel import sql
from wingtel.aggregates import stored
from wingtel.aggregates.strategies.base import Lag
from wingtel.aggregates.strategies.statement_triggers import StatementTriggers

_SQL = sql.statements(__package__, "statements.sql")


class IncrementalStrategy(StatementTriggers):
    """Statement-level triggers append what changed, which `fold` adds up. Answers count in what is not folded yet."""

    name = "incremental"
    folds = True
    apply = "\n".join((_SQL["log"], _SQL["append"]))
    apply_many = "\n".join((_SQL["log"], _SQL["append_many"]))
    many = 100_000
    views = stored.VIEWS + sql.script(__package__, "views.sql")

    def fold(self) -> int | None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_SQL["become_the_folder"])
            (alone,) = cursor.fetchone()
            if not alone:
                return None
            waiting = self.lag().records
            self.settle()
        return waiting

    def settle(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_SQL["take"] + stored.APPLY_LOGGED)

    def lag(self) -> Lag:
        with connection.cursor() as cursor:
            cursor.execute(_SQL["lag"])
            return Lag(*cursor.fetchone())
