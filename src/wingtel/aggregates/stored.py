"""The SQL that all strategies with stored aggregates share."""

from django.db import connection

from wingtel import sql

_SQL = sql.statements(__package__, "sql/apply.sql")


def _adding(block: str, change: str) -> str:
    """A block of apply.sql that adds to stored rows what `change` has."""
    for row in ("day", "month"):
        block = block.replace(f"{{add to a {row}}}", _SQL[f"add_to_a_{row}"].replace("{change}", change))
    return block


_UPSERTS = _adding(_SQL["upserts"], "excluded")

_MERGES = _adding(_SQL["merges"], "delta")

APPLY = "\n".join((_SQL["sums"], _UPSERTS, _SQL["log"], _SQL["totals"]))
"""Adds changes to the stored aggregates. It follows a strategy's own `WITH changed_usage AS (...)`."""

APPLY_LOGGED = "\n".join((_SQL["sums"], _UPSERTS, _SQL["totals"]))
"""The same of changes that were logged before."""

APPLY_MANY = "\n".join((_SQL["sums"], _MERGES, _SQL["log"], _SQL["totals"]))
"""The same for many keys, where sql/apply.sql says it can be used."""

LOG_CHANGES = _SQL["log_changes"]
"""Logs changes for change capture, between `WITH changed_usage AS (...)` and what else is done with them."""

MERGE_SINCE = 170_000
"""The first version of PostgreSQL that can run APPLY_MANY."""

DEFINE_ADD = _adding(_SQL["define_add"], "excluded")
"""Defines the function usage_add(), which adds a single change."""

_TOTALS = f", totals AS ({_SQL['totals']} RETURNING 1)\n"

COUNT_RECORDED = "\n".join((_SQL["recorded"], _SQL["sums"], _UPSERTS, _SQL["log"], _TOTALS))
"""The same within the statement by which `ingest_usage` stores, as a strategy's `count_recorded`."""

COUNT_MANY_RECORDED = "\n".join((_SQL["recorded"], _SQL["sums"], _MERGES, _SQL["log"], _TOTALS))
"""The same for many keys, as a strategy's `count_many_recorded`."""

UPPER_BOUNDS = sql.script(__package__, "sql/upper_bounds.sql")
"""Defines the functions that give a price its ceiling."""

VIEWS = sql.script(__package__, "sql/stored_views.sql") + sql.script(__package__, "sql/exceeding.sql")
"""Defines the views over the stored aggregates, and the functions that find who exceeds a limit."""


def apply_many() -> str | None:
    """Return APPLY_MANY where this server can run it, else None."""
    version: int = connection.pg_version  # type: ignore[attr-defined] # of Django's PostgreSQL wrapper alone
    return APPLY_MANY if version >= MERGE_SINCE else None
