"""The SQL that all strategies with stored aggregates share."""

from wingtel import sql

_SQL = sql.statements(__package__, "sql/apply.sql")

APPLY = "\n".join((_SQL["sums"], _SQL["upserts"], _SQL["totals"]))
"""Adds changes to the stored aggregates. It follows a strategy's own `WITH changed_usage AS (...)`."""

APPLY_MANY = "\n".join((_SQL["sums"], _SQL["merges"], _SQL["totals"]))
"""The same for many keys, where sql/apply.sql says it can be used."""

MERGE_SINCE = 170_000
"""The first version of PostgreSQL that can run APPLY_MANY."""

COUNT_RECORDED = "\n".join(
    (_SQL["recorded"], _SQL["sums"], _SQL["upserts"], f", totals AS ({_SQL['totals']} RETURNING 1)\n")
)
"""The same within the statement by which `record_usage` stores, as a strategy's `count_recorded`."""

VIEWS = sql.script(__package__, "sql/stored_views.sql")
"""Defines the views over the stored aggregates, and the functions that find who exceeds a limit."""
