"""The partitions of the raw tables: one for each business day, made when a record first needs it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.dispatch import Signal

from wingtel import sql

from .business_days import business_days_of, time_zone

_SQL = sql.statements(__package__, "sql/queries.sql")

partition_created = Signal()
"""Sent with `partition` (a Partition) in the transaction that makes it."""

_known: set[tuple[str, date]] = set()
"""Days whose partitions this process has seen committed, by database."""

_zones: dict[str, ZoneInfo] = {}
"""The zone of each database in `_known`: it cannot change once there are partitions."""


@dataclass(frozen=True)
class Partition:
    """A table that holds one business day of the raw table `parent`."""

    parent: str
    table: str


def ensure(days: Iterable[date]) -> list[Partition]:
    """Make the partitions that `days` lack, in both raw tables; return those made."""
    database = connection.settings_dict["NAME"]
    missing = sorted({day for day in days if (database, day) not in _known})
    if not missing:
        return []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SQL["ensure_partitions"], {"days": missing})
        made = [Partition(parent, table) for parent, table, _ in cursor.fetchall()]
        for partition in made:
            partition_created.send(sender=None, partition=partition)
        zone = time_zone()
        transaction.on_commit(lambda: _remember(database, missing, zone))
    return made


def ensure_for_moments(moments: Iterable[datetime]) -> list[Partition]:
    """Make the partitions for the business days of `moments` (time-zone aware); return those made."""
    moments = list(moments)
    database = connection.settings_dict["NAME"]
    zone = _zones.get(database)
    if zone and all((database, moment.astimezone(zone).date()) in _known for moment in moments):
        return []
    return ensure(business_days_of(moments))


def _remember(database: str, days: Iterable[date], zone: ZoneInfo) -> None:
    _zones[database] = zone
    _known.update((database, day) for day in days)


def existing() -> list[Partition]:
    """Every partition there is."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["partitions"])
        return [Partition(parent, table) for parent, table in cursor.fetchall()]
