"""What a strategy is, and which one runs.

A strategy owns the definition of the two views that every reader reads, `usage_daily` and `usage_monthly`, and whatever
keeps them equal to the sums of the raw records.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from importlib import import_module
from typing import ClassVar

from django.db import transaction

from wingtel import sql
from wingtel.aggregates.models import ActiveStrategy
from wingtel.usage.partitions import Partition

DEFAULT = "triggers"


NAMES = ("triggers", "incremental", "inline", "signals", "view")


@dataclass(frozen=True)
class Lag:
    """Deltas that wait to be folded, the records they stand for, and the moment the oldest was written."""

    deltas: int
    records: int
    since: datetime | None


class Strategy(ABC):
    """One way to keep the aggregates.

    The class attributes are its capabilities: what it counts, and what it needs from others.
    """

    name: ClassVar[str]
    """What `wingtel strategy` calls it: the name of its folder."""

    counts_models: ClassVar[bool]
    """Whether writes through the models, their manager and querysets are counted; `record_usage` always is."""

    counts_sql: ClassVar[bool]
    """Whether raw SQL is counted: COPY, TRUNCATE, and whatever else the models do not send."""

    folds: ClassVar[bool] = False
    """Whether what is written is put aside first and has to be folded into the stored tables now and then."""

    stores: ClassVar[bool] = True
    """Whether answers come from the stored tables; if not, they are computed from the raw records on reading."""

    counts_recorded: ClassVar[bool] = False
    """Whether `record_usage` has to hand over what it recorded, by `usage_recorded`."""

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """A hash of everything `install` puts into the database; it changes when the installed objects are outdated."""

    @abstractmethod
    def install(self) -> None:
        """Put the views and whatever keeps them right into the database, replacing an older version.

        Runs in a transaction. The stored tables are as another strategy left them: whoever switches populates them.
        """

    @abstractmethod
    def uninstall(self) -> None:
        """Take out everything `install` put in, but the views' names: they stay for the next strategy to replace."""

    def partition_created(self, partition: Partition) -> None:  # noqa: B027 - nothing to do for most
        """Take notice of a new partition of a raw table, in the transaction that makes it."""

    def usage_recorded(self) -> None:
        """Count the records that `record_usage` has just stored, in the same transaction.

        They stand in the temporary table `recorded_usage` (subscription_id, usage_type, usage_date, used, price).
        Called only where `counts_recorded`.
        """
        raise NotImplementedError(f"{self.name} counts what is recorded by itself")

    def fold(self) -> int | None:
        """Add what was put aside to the stored tables; return how many deltas that were, None when another session does.

        Only where the strategy `folds`.
        """
        raise NotImplementedError(f"{self.name} puts nothing aside")

    def lag(self) -> Lag:
        """What waits to be folded. Answers are exact all the same."""
        return Lag(0, 0, None)


def named(name: str) -> Strategy:
    """The strategy of that name. Raises ValueError when there is none."""
    if name not in NAMES:
        raise ValueError(f"no strategy is named {name!r}: there are {', '.join(NAMES)}")
    strategy: Strategy = import_module(f"{__package__}.{name}").STRATEGY
    return strategy


def active() -> Strategy | None:
    """The strategy that keeps this database's aggregates; None before the first migration has installed one."""
    row = ActiveStrategy.objects.first()
    return named(row.name) if row else None


def outdated() -> bool:
    """Whether what is installed in the database differs from what this version of Wingtel installs."""
    row = ActiveStrategy.objects.first()
    return row is None or row.fingerprint != _fingerprint(named(row.name))


def ensure_installed() -> None:
    """Install the default strategy where none is, and bring an outdated one up to date."""
    with transaction.atomic():
        row = ActiveStrategy.objects.select_for_update().first()
        strategy = named(row.name if row else DEFAULT)
        if row and row.fingerprint == _fingerprint(strategy):
            return
        strategy.install()
        ActiveStrategy.objects.update_or_create(
            singleton=True, defaults={"name": strategy.name, "fingerprint": _fingerprint(strategy)}
        )


def _fingerprint(strategy: Strategy) -> str:
    """Of the strategy's objects and of the functions that every strategy builds on."""
    functions = [sql.script(package, "sql/functions.sql") for package in ("wingtel.usage", "wingtel.aggregates")]
    return sha256("".join([*functions, strategy.fingerprint]).encode()).hexdigest()
