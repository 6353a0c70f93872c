"""Rebuild of a day and a month from raw records, beside the bare GROUP BY of the same."""

import time
from datetime import date, timedelta

from django.db import connection

from benchmarks.strategies.copying import COPY
from benchmarks.strategies.feed import DAY, rows
from benchmarks.strategies.figures import NONE, Table
from benchmarks.strategies.state import assert_exact, start
from wingtel.aggregates.rebuild import rebuild_day
from wingtel.usage import partitions

DAYS = 30


def measure(records: int, rounds: int) -> Table:
    """Measure rebuilds; *no aggregation* is the bare GROUP BY, whose result is discarded."""
    table = Table(
        "Rebuild",
        "Records a second. *No aggregation* is the bare `GROUP BY` of the same records, its sums thrown away.",
    )
    partitions.ensure([DAY + timedelta(days=n) for n in range(DAYS)])
    for work, first_of_month, last in (
        ("a day", DAY, DAY),
        (f"{DAYS} days", DAY, DAY + timedelta(days=DAYS - 1)),
    ):
        start("triggers")
        _fill(records, (last - first_of_month).days + 1)
        for _ in range(rounds):
            table.add(work, NONE, _group(first_of_month, last), records)
            with connection.cursor() as cursor:
                cursor.execute("TRUNCATE wingtel_daily_usage, wingtel_monthly_usage, wingtel_lifetime_usage")
            started = time.perf_counter()
            for number in range((last - first_of_month).days + 1):
                rebuild_day(first_of_month + timedelta(days=number))
            table.add(work, "rebuild", time.perf_counter() - started, records)
            assert_exact()
    return table


def _fill(records: int, days: int) -> None:
    with connection.cursor() as cursor:
        with cursor.copy(COPY) as copy:
            for number, (record_id, timestamp, subscription, price, kilobytes) in enumerate(rows(records)):
                copy.write_row((record_id, timestamp + timedelta(days=number % days), subscription, price, kilobytes))
        cursor.execute("VACUUM ANALYZE wingtel_data_usage_record")


def _group(first: date, last: date) -> float:
    started = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(
            # PostgreSQL would not compute sums that the outer query does not use.
            """SELECT count(*), sum(used), sum(price), sum(records) FROM (
                   SELECT subscription_id, usage_business_day(usage_date), sum(kilobytes_used) AS used,
                          sum(price) AS price, count(*) AS records
                   FROM wingtel_data_usage_record
                   WHERE usage_date >= usage_day_start(%s) AND usage_date < usage_day_start(%s)
                   GROUP BY 1, 2) AS grouped""",
            [first, last + timedelta(days=1)],
        )
    return time.perf_counter() - started
