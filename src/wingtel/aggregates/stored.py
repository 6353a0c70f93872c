"""The SQL that all strategies with stored aggregates share."""

from wingtel import sql

_SQL = sql.statements(__package__, "sql/apply.sql")

APPLY = f"{_SQL['apply']}\n{_SQL['apply_totals']}"
"""Adds changes to the stored aggregates. It follows a strategy's own `WITH changed_usage AS (...)`."""

COUNT_RECORDED = f"{_SQL['recorded']}\n{_SQL['apply']}, totals AS ({_SQL['apply_totals']} RETURNING 1)\n"
"""The same within the statement by which `record_usage` stores, as a strategy's `count_recorded`."""

VIEWS = sql.script(__package__, "sql/stored_views.sql")
"""Defines the views over the stored aggregates, and the functions that find who exceeds a limit."""
