"""Aggregates kept by the recording service itself, in the transaction that stores the records."""

from django.db import connection

from wingtel import sql
from wingtel.aggregates import stored
from wingtel.aggregates.strategies.base import Strategy

_SQL = sql.statements(__package__, "statements.sql")


class InlineStrategy(Strategy):
    """`record_usage` adds what it stored by plain set-based SQL. Other writes are not counted: populate their days."""

    name = "inline"
    counts_models = False
    counts_sql = False
    counts_recorded = True

    def usage_recorded(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_SQL["recorded"] + stored.APPLY)
