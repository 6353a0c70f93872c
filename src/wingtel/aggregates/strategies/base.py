"""Interface of strategies, and the active one.

A strategy owns the definition of the two views for readers, `usage_daily` and `usage_monthly`. It owns everything that
keeps them equal to the sums of the raw records.
"""

from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import ClassVar

from wingtel.aggregates import stored
from wingtel.aggregates.models import ActiveStrategy
from wingtel.usage.partitions import Partition

NAMES = ("triggers", "incremental", "inline", "signals", "view")


@dataclass(frozen=True)
class Backlog:
    """Number of records in pending deltas, added or taken away, and the time at which the oldest was written."""

    records: int
    since: datetime | None


class Strategy:
    """A way to maintain the aggregates.

    The class attributes are its capabilities: the writes that it counts, and what it needs from other code.
    """

    name: ClassVar[str]
    """Name in `wingtel strategy show`, which is that of its folder."""

    counts_models: ClassVar[bool]
    """True if writes through the models, their manager and querysets are counted; `ingest_usage` always is."""

    counts_sql: ClassVar[bool]
    """True if raw SQL is counted: COPY, TRUNCATE, and everything else that the models do not send."""

    has_deltas: ClassVar[bool] = False
    """True if writers append deltas, which are merged into the stored tables later."""

    stores: ClassVar[bool] = True
    """True if answers come from the stored tables; else they are computed from the raw records on reading."""

    count_recorded: ClassVar[str] = ""
    """Part of the statement of `ingest_usage` that counts what it stores, if nothing in the database does.

    It consists of common table expressions after a comma, over recorded_usage (subscription_id, usage_type, usage_date,
    used, price).
    """

    count_many_recorded: ClassVar[str] = ""
    """Variant for many records, if PostgreSQL has MERGE and under the conditions in sql/apply.sql.

    It fails with unique_violation if another session adds the same key at the same time.
    """

    triggers: ClassVar[frozenset[str]] = frozenset()
    """Names of the triggers that every raw table and partition must have; the one of TRUNCATE on partitions only."""

    views: str = stored.VIEWS
    """Script of the two views for readers, and of the functions that find prices over a limit."""

    sources: tuple[str, ...] = ()
    """All other SQL that `install` puts into the database, to detect an outdated installation."""

    def install(self) -> None:
        """Install everything that maintains the aggregates, replacing an older version of it.

        Runs in a transaction. The stored tables are as another strategy left them; the switch rebuilds them.
        """

    def stop(self) -> None:
        """Stop counting, in the transaction that installs another strategy afterwards.

        Also called before the strategy itself is installed again; parts of it may be missing.
        """

    def uninstall(self) -> None:
        """Remove everything that `install` created, in a separate transaction, once another strategy is active."""

    def unsupported_reason(self) -> str | None:
        """Return why this database cannot use the strategy now, None if it can."""
        return None

    def flush(self) -> None:
        """Complete the stored tables, so that another strategy can take over, while no other session writes."""

    def partition_created(self, partition: Partition) -> None:
        """Prepare a new partition of a raw table, in the transaction that creates it."""

    def merge(self) -> int | None:
        """Merge the pending deltas into the stored tables.

        Return the number of records, which is 0 if the strategy has no deltas. Return None if another session merges,
        or holds a row that is to be changed.
        """
        return 0

    def backlog(self) -> Backlog:
        """Return the backlog of pending deltas. Answers count them."""
        return Backlog(0, None)


def named(name: str) -> Strategy:
    """Return the strategy of that name. Raises ValueError if there is none."""
    if name not in NAMES:
        raise ValueError(f"no strategy is named {name!r}: there are {', '.join(NAMES)}")
    strategy: Strategy = import_module(f"{__package__}.{name}").STRATEGY
    return strategy


def active() -> Strategy | None:
    """Return the active strategy of this database, None before the first migration installed one."""
    row = ActiveStrategy.objects.first()
    return named(row.name) if row else None
