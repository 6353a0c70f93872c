"""The SQL that all strategies with stored aggregates share."""

from wingtel import sql

APPLY = sql.statements(__package__, "sql/apply.sql")["apply"]
"""Adds changes to the stored aggregates. It follows a strategy's own `WITH changed_usage AS (...)`."""

VIEWS = sql.script(__package__, "sql/stored_views.sql")
"""Defines the views over the stored aggregates, and the functions that find who exceeds a limit."""
