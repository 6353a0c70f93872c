"""Aggregates computed on reading, by views that group the raw records."""

from django.db import connection

from wingtel import sql
from wingtel.aggregates.strategies.base import Strategy

_SQL = sql.statements(__package__, "statements.sql")


class ViewStrategy(Strategy):
    """Answers computed from the raw records. Writing costs nothing more, reading costs the records it reads."""

    name = "view"
    counts_models = True
    counts_sql = True
    stores = False
    views = sql.script(__package__, "views.sql")

    def unsupported_reason(self) -> str | None:
        with connection.cursor() as cursor:
            cursor.execute(_SQL["days_without_raw_records"])
            days, first, last = cursor.fetchone()
        if not days:
            return None
        return (
            f"it computes answers from the raw records, and those of {days} days are gone ({first} to {last}): "
            "choose a strategy that stores aggregates"
        )
