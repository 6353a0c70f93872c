"""Operator's business day: the calendar day in the operator's time zone.

The zone is state of the database (functions in `sql/business_days.sql`), so Python and SQL cannot disagree. Days have
23 or 25 hours where clocks change.
"""

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import connection

from wingtel import sql

_SQL = sql.statements(__package__, "sql/queries.sql")


def time_zone() -> ZoneInfo:
    """Return the time zone whose midnights bound the business days."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["time_zone"])
        (name,) = cursor.fetchone()
    return ZoneInfo(name)


def set_time_zone(zone: str) -> None:
    """Set the time zone (an IANA name) whose midnights bound the business days.

    Raises django.db.utils.ProgrammingError if the zone is unknown, or if there are partitions already.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SQL["set_time_zone"], {"zone": zone})


def business_days_of(timestamps: Iterable[datetime]) -> list[date]:
    """Return the business days of some timestamps (time-zone aware), in order."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["business_days_of"], {"timestamps": list(timestamps)})
        return [day for (day,) in cursor.fetchall()]
