"""Which subscriptions many names stand for: looked up once, and made sure of again where it matters."""

import polars as pl
from django.db import connection

from wingtel import sql

from .entries import NamedBy

_SQL = sql.statements(__package__, "sql/bulk.sql")
_FOUND = {"name": pl.String, "candidates": pl.Int64, "subscription_id": pl.Int64, "plan": pl.String}


class NamedSubscriptions:
    """What names stand for, remembered where it is one subscription. One for each thread."""

    def __init__(self, named_by: NamedBy) -> None:
        self.named_by = named_by
        self.forget()

    def forget(self) -> None:
        """Look everything up anew."""
        self._known = pl.DataFrame(schema=_FOUND)

    def find(self, names: pl.Series) -> pl.DataFrame:
        """For each name: how many `candidates` it has, and the `subscription_id` and `plan` of the one."""
        wanted = names.unique().alias("name").to_frame()
        known = wanted.join(self._known, on="name")
        unknown = wanted.join(self._known, on="name", how="anti")["name"]
        if unknown.is_empty():
            return known
        found = self._look_up(unknown)
        self._known = pl.concat([self._known, found.filter(pl.col("candidates") == 1)])
        return pl.concat([known, found])

    def still_hold(self, found: pl.DataFrame) -> bool:
        """Whether names still stand for what they did; to be asked in the transaction that relies on it."""
        names, ids = _array(found["name"]), f"{{{','.join(map(str, found['subscription_id']))}}}"
        by_id = self.named_by is NamedBy.ID
        with connection.cursor() as cursor:
            statement = _SQL["still_current" if by_id else "still_named"].replace("{column}", self.named_by.value)
            cursor.execute(statement, {"ids": ids} | ({} if by_id else {"names": names}))
            (holds,) = cursor.fetchone()
        return bool(holds)

    def _look_up(self, names: pl.Series) -> pl.DataFrame:
        statement = _SQL["look_up_ids" if self.named_by is NamedBy.ID else "look_up"]
        with connection.cursor() as cursor:
            cursor.execute(statement.replace("{column}", self.named_by.value), {"names": _array(names)})
            return pl.DataFrame(cursor.fetchall(), schema=_FOUND, orient="row")


def _array(names: pl.Series) -> str:
    """As PostgreSQL writes an array: psycopg would write it value by value."""
    quoted = names.str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '\\"', literal=True)
    return '{"' + '","'.join(quoted) + '"}' if len(names) else "{}"
