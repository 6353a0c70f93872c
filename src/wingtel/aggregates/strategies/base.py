"""The interface of strategies, and the active one.

A strategy owns the definition of the two views that every reader reads, `usage_daily` and `usage_monthly`, and all that
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
    """The number of records in pending deltas, added or taken away, and the time at which the first was written."""

    records: int
    since: datetime | None


class Strategy:
    """One way to keep the aggregates.

    The class attributes are its capabilities: what it counts, and what it needs from others.
    """

    name: ClassVar[str]
    """The name that `wingtel strategy` calls it by: that of its folder."""

    counts_models: ClassVar[bool]
    """True if writes through the models, their manager and querysets are counted; `ingest_usage` always is."""

    counts_sql: ClassVar[bool]
    """True if raw SQL is counted: COPY, TRUNCATE, and all else that the models do not send."""

    has_deltas: ClassVar[bool] = False
    """True if writers append deltas, which are merged into the stored tables later."""

    stores: ClassVar[bool] = True
    """True if answers come from the stored tables; else they are computed from the raw records on reading."""

    count_recorded: ClassVar[str] = ""
    """The part of the statement of `ingest_usage` that counts what it stores, where nothing in the database does.

    Common table expressions after a comma, over recorded_usage (subscription_id, usage_type, usage_date, used, price).
    """

    count_many_recorded: ClassVar[str] = ""
    """The same for many records, where PostgreSQL has MERGE and sql/apply.sql says it can be used.

    Fails with unique_violation where another session adds the same key at the same moment.
    """

    triggers: ClassVar[frozenset[str]] = frozenset()
    """Names of the triggers that every raw table and partition has to have, TRUNCATE's on partitions only."""

    views: str = stored.VIEWS
    """The script of the two views that readers see, and of the functions that find those who exceed a limit."""

    sources: tuple[str, ...] = ()
    """The texts of everything else that `install` puts into the database, to tell when it is outdated."""

    def install(self) -> None:
        """Put all that keeps the aggregates right into the database, replacing an older version of it.

        Runs in a transaction. The stored tables are as another strategy left them: the switch rebuilds them.
        """

    def stop(self) -> None:
        """Count no more, in the transaction that lets another strategy begin, which is installed after it.

        Also called where the strategy is about to be installed anew, and parts of it may be missing.
        """

    def uninstall(self) -> None:
        """Take out everything `install` put in, in a transaction of its own, once another strategy runs."""

    def refusal(self) -> str | None:
        """Return why this database cannot have the strategy now, None when it can."""
        return None

    def flush(self) -> None:
        """Make the stored tables complete for another strategy to take over, while no other session writes."""

    def partition_created(self, partition: Partition) -> None:
        """Take notice of a new partition of a raw table, in the transaction that makes it."""

    def merge(self) -> int | None:
        """Merge the pending deltas into the stored tables.

        Return the number of records, 0 where the strategy has no deltas, None when another session merges or holds
        a row that is to be changed.
        """
        return 0

    def backlog(self) -> Backlog:
        """Return what is pending. Answers are exact all the same."""
        return Backlog(0, None)


def named(name: str) -> Strategy:
    """Return the strategy of that name. Raises ValueError when there is none."""
    if name not in NAMES:
        raise ValueError(f"no strategy is named {name!r}: there are {', '.join(NAMES)}")
    strategy: Strategy = import_module(f"{__package__}.{name}").STRATEGY
    return strategy


def active() -> Strategy | None:
    """Return the strategy that keeps this database's aggregates; None before the first migration installed one."""
    row = ActiveStrategy.objects.first()
    return named(row.name) if row else None
