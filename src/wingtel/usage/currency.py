"""Operator's currency, in which every price is.

It is state of the database, the function usage_currency(), so Python and SQL cannot disagree. It is fixed when the
database is first migrated: in another currency, stored prices would be wrong.
"""

from functools import cache

from django.db import connection

from wingtel import sql

_SQL = sql.statements(__package__, "sql/queries.sql")


@cache
def currency() -> str:
    """Return the ISO 4217 code of the operator's currency. Each process queries the database once."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["currency"])
        (code,) = cursor.fetchone()
    return str(code)
