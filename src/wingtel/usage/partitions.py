"""Partitions of the raw tables: one a business day, created ahead of time or when a record first needs it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.dispatch import Signal
from psycopg.errors import ObjectNotInPrerequisiteState

from wingtel import sql

from .business_days import business_days_of, time_zone

_SQL = sql.statements(__package__, "sql/queries.sql")

partition_created = Signal()
"""Sent with `partition` (a Partition) in the transaction that creates it."""

_known: set[tuple[str, date]] = set()
"""Days whose partitions this process has seen committed, by database."""

_zones: dict[str, ZoneInfo] = {}
"""Time zone of each database in `_known`. It cannot change once there are partitions."""


@dataclass(frozen=True)
class Partition:
    """A table that holds one business day of the raw table `parent`."""

    parent: str
    table: str


class RejectedDaysError(ValueError):
    """Days whose records cannot be stored. `reasons` says why, by day."""

    def __init__(self, reasons: dict[date, str]) -> None:
        super().__init__("; ".join(reasons.values()))
        self.reasons = reasons


def ensure(days: Iterable[date], *, since: date | None = None) -> list[Partition]:
    """Create the missing partitions of `days` in both raw tables. Return those created.

    Raises RejectedDaysError, and creates none, if a day may not have one. Its raw records are gone, or it lies more
    than WINGTEL_MAX_LATENESS_DAYS back (before `since`, if that is given) or WINGTEL_MAX_FUTURE_DAYS ahead.
    """
    database = connection.settings_dict["NAME"]
    missing = sorted(set(unknown(days)))
    if not missing:
        return []
    if reasons := rejection_reasons(missing, since=since):
        raise RejectedDaysError(reasons)
    try:
        return _create(database, missing)
    except OperationalError as error:
        if isinstance(error.__cause__, ObjectNotInPrerequisiteState):  # a day expired meanwhile
            raise RejectedDaysError(rejection_reasons(missing, since=since)) from error
        raise


def _create(database: str, days: list[date]) -> list[Partition]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SQL["ensure_partitions"], {"days": days})
        created = [Partition(parent, table) for parent, table, _ in cursor.fetchall()]
        for partition in created:
            partition_created.send(sender=None, partition=partition)
        zone = time_zone()
        transaction.on_commit(lambda: _remember(database, days, zone))
    return created


def ensure_ahead() -> list[Partition]:
    """Create the partitions of today and of the next WINGTEL_MAX_FUTURE_DAYS days. Return those created."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["days_ahead"], {"max_future_days": settings.WINGTEL_MAX_FUTURE_DAYS})
        return ensure([day for (day,) in cursor.fetchall()])


def rejection_reasons(days: Iterable[date], *, since: date | None = None) -> dict[date, str]:
    """Return why records of some of `days` cannot be stored. A day that has its partition accepts them."""
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL["rejected_days"],
            {
                "days": list(days),
                "since": since,
                "max_lateness_days": settings.WINGTEL_MAX_LATENESS_DAYS,
                "max_future_days": settings.WINGTEL_MAX_FUTURE_DAYS,
            },
        )
        return {day: _reason(day, cause, today, since) for day, cause, today in cursor.fetchall()}


def _reason(day: date, cause: str, today: date, since: date | None) -> str:
    if cause == "expired":
        return f"day expired: the raw records of {day} are gone; correct its aggregates by an adjustment"
    if cause == "early":
        most = settings.WINGTEL_MAX_FUTURE_DAYS
        return f"{day} lies {(day - today).days} days ahead, more than {most} (WINGTEL_MAX_FUTURE_DAYS)"
    if since:
        return f"{day} lies before {since}"
    most = settings.WINGTEL_MAX_LATENESS_DAYS
    return (
        f"{day} lies {(today - day).days} days back, more than {most} (WINGTEL_MAX_LATENESS_DAYS);"
        f" history is imported with --since {day}"
    )


def unknown(days: Iterable[date]) -> list[date]:
    """Return the days whose partitions this process has not seen committed."""
    database = connection.settings_dict["NAME"]
    return [day for day in days if (database, day) not in _known]


def operator_zone() -> ZoneInfo:
    """Return the zone of the business days. The database is queried only until this process has seen a partition."""
    return _zones.get(connection.settings_dict["NAME"]) or time_zone()


def ensure_for_timestamps(timestamps: Iterable[datetime]) -> list[Partition]:
    """Create the partitions for the business days of `timestamps` (time-zone aware). Return those created."""
    timestamps = list(timestamps)
    database = connection.settings_dict["NAME"]
    zone = _zones.get(database)
    if zone and all((database, timestamp.astimezone(zone).date()) in _known for timestamp in timestamps):
        return []
    return ensure(business_days_of(timestamps))


def forget(*days: date) -> None:
    """Forget that this process has seen the partitions of some days, and the zone of the business days."""
    database = connection.settings_dict["NAME"]
    _known.difference_update((database, day) for day in days)
    _zones.pop(database, None)


def _remember(database: str, days: Iterable[date], zone: ZoneInfo) -> None:
    _zones[database] = zone
    _known.update((database, day) for day in days)


def existing() -> list[Partition]:
    """Return all partitions."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["partitions"])
        return [Partition(parent, table) for parent, table in cursor.fetchall()]
