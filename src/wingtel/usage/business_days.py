"""The operator's business day: the calendar day in the operator's time zone.

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
    """The zone whose midnights bound the business days."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["time_zone"])
        (name,) = cursor.fetchone()
    return ZoneInfo(name)


def set_time_zone(zone: str) -> None:
    """Let the midnights of `zone` (an IANA name) bound the business days.

    Raises django.db.utils.ProgrammingError when the zone is unknown, or when there are partitions already.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SQL["set_time_zone"], {"zone": zone})


def business_days_of(moments: Iterable[datetime]) -> list[date]:
    """The business days that some moments (time-zone aware) fall on, in order."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["business_days_of"], {"moments": list(moments)})
        return [day for (day,) in cursor.fetchall()]
