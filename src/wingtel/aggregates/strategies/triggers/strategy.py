"""Aggregates maintained by statement-level triggers with transition tables."""

from wingtel.aggregates import stored
from wingtel.aggregates.strategies.statement_triggers import StatementTriggers


class TriggersStrategy(StatementTriggers):
    """One sorted upsert per statement and grain, for INSERT, UPDATE, DELETE, TRUNCATE and COPY, exact at commit."""

    name = "triggers"
    apply = stored.APPLY
    apply_one = "usage_add"
    many = 500

    @property
    def apply_many(self) -> str | None:  # type: ignore[override] # depends on the server
        return stored.apply_many()
