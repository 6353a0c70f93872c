"""Aggregates kept by statement-level triggers with transition tables."""

from wingtel.aggregates import stored
from wingtel.aggregates.strategies.statement_triggers import StatementTriggers


class TriggersStrategy(StatementTriggers):
    """One sorted upsert per statement and grain, for INSERT, UPDATE, DELETE, TRUNCATE and COPY, exact at commit."""

    name = "triggers"
    apply = stored.APPLY
