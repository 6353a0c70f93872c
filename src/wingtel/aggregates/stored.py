"""SQL that all strategies with stored aggregates share."""

from django.db import connection

from wingtel import sql

_SQL = sql.statements(__package__, "sql/apply.sql")


def _fill_in(block: str, change: str) -> str:
    """Return a block of apply.sql that adds the columns of `change` to stored rows."""
    for row in ("day", "month"):
        block = block.replace(f"{{add to a {row}}}", _SQL[f"add_to_a_{row}"].replace("{change}", change))
    return block


_UPSERTS = _fill_in(_SQL["upserts"], "excluded")

_MERGES = _fill_in(_SQL["merges"], "delta")

APPLY = "\n".join((_SQL["sums"], _UPSERTS, _SQL["log"], _SQL["lifetimes"]))
"""Statement that adds changes to the stored aggregates, after a strategy's own `WITH changed_usage AS (...)`."""

APPLY_LOGGED = "\n".join((_SQL["sums"], _UPSERTS, _SQL["lifetimes"]))
"""Variant for changes that were logged before."""

APPLY_MANY = "\n".join((_SQL["sums"], _MERGES, _SQL["log"], _SQL["lifetimes"]))
"""Variant for many keys, under the conditions in sql/apply.sql."""

LOG_CHANGES = _SQL["log_changes"]
"""Part that logs changes for change capture, after `WITH changed_usage AS (...)` and before other parts."""

_MERGE_SINCE = 170_000
"""First version of PostgreSQL whose MERGE returns rows."""

DEFINE_ADD = _fill_in(_SQL["define_add"], "excluded")
"""Definition of the function usage_add(), which adds a single change."""

_LIFETIMES = f", lifetimes AS ({_SQL['lifetimes']} RETURNING 1)\n"

COUNT_RECORDED = "\n".join((_SQL["recorded"], _SQL["sums"], _UPSERTS, _SQL["log"], _LIFETIMES))
"""APPLY as part of the statement by which `ingest_usage` stores records: a strategy's `count_recorded`."""

COUNT_MANY_RECORDED = "\n".join((_SQL["recorded"], _SQL["sums"], _MERGES, _SQL["log"], _LIFETIMES))
"""Variant for many keys: a strategy's `count_many_recorded`."""

UPPER_BOUNDS = sql.script(__package__, "sql/upper_bounds.sql")
"""Definitions of the functions that give a price its upper bound."""

VIEWS = sql.script(__package__, "sql/stored_views.sql") + sql.script(__package__, "sql/exceeding.sql")
"""Definitions of the views over the stored aggregates, and of the functions that find prices over a limit."""


def can_merge() -> bool:
    """Return True if this server can run APPLY_MANY and COUNT_MANY_RECORDED."""
    version: int = connection.pg_version  # type: ignore[attr-defined] # only of Django's PostgreSQL wrapper
    return version >= _MERGE_SINCE


def apply_many() -> str | None:
    """Return APPLY_MANY if this server can run it, else None."""
    return APPLY_MANY if can_merge() else None
