"""Base of strategies with statement-level triggers, which differ in the statement that the triggers run."""

from django.db import connection

from wingtel import sql
from wingtel.usage.partitions import Partition

from .base import Strategy

_FUNCTIONS = sql.script(__package__, "sql/statement_triggers.sql")
_SQL = sql.statements(__package__, "sql/statements.sql")


class StatementTriggers(Strategy):
    """Triggers for INSERT, UPDATE, DELETE, TRUNCATE and COPY on the raw tables and on each of their partitions."""

    counts_models = True
    counts_sql = True
    triggers = frozenset({"usage_insert", "usage_update", "usage_delete", "usage_truncate"})

    apply: str
    """Statement that the triggers run, after `WITH changed_usage AS (...)`, which sql/apply.sql describes."""

    apply_one: str | None = None
    """Function that they call instead for a statement of one row."""

    apply_many: str | None = None
    """Statement that they run instead for `many` rows or more."""

    many: int

    @property
    def sources(self) -> tuple[str, ...]:  # type: ignore[override] # depends on the strategy's statements
        return (_FUNCTIONS, *_SQL.values(), self.apply, self.apply_one or "", self.apply_many or "", str(self.many))

    def install(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_FUNCTIONS)
            cursor.execute(
                _SQL["define"],
                {"apply": self.apply, "apply_one": self.apply_one, "apply_many": self.apply_many, "many": self.many},
            )
            cursor.execute(_SQL["attach_everywhere"])

    def stop(self) -> None:
        """Disable the triggers. Readers of the raw tables go on meanwhile; dropping triggers would make them wait."""
        with connection.cursor() as cursor:
            cursor.execute(_SQL["disable_everywhere"])

    def uninstall(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_SQL["uninstall"])

    def partition_created(self, partition: Partition) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_SQL["attach"], {"parent": partition.parent, "relation": partition.table})
