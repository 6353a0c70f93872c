"""Recomputing the aggregates of some days from their sources."""

from datetime import date

from django.db import connection

from wingtel import sql

_SQL = sql.statements(__package__, "sql/queries.sql")


def populate(first: date, last: date) -> int:
    """Replace the aggregates of the business days `first` to `last` by what the sources say.

    Writers may go on meanwhile: they wait while a range is replaced, and nothing they write is lost or counted twice.
    Returns how many daily rows that were. Raises ValueError when the days are reversed.
    """
    if last < first:
        raise ValueError(f"the last day, {last}, lies before the first, {first}")
    with connection.cursor() as cursor:
        cursor.execute(_SQL["populate"], {"first": first, "last": last})
        (stored,) = cursor.fetchone()
    return int(stored)
