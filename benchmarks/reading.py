"""The two answers in the database, at the size of a large operator, with the plans that PostgreSQL chose.

Every subscription has data and voice usage on every day of one month. The statements are those that
wingtel.aggregates.queries runs, captured and prefixed with EXPLAIN (ANALYZE). Beside them stand a bare probe of the
primary key and the bare sort of a month's prices that the index saves.
"""

import re
import statistics
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import psycopg
from django.db import connection

from benchmarks.filling import fill_month, flush
from benchmarks.measuring import timed
from benchmarks.report import Row, print_table

MONTH = date(2026, 3, 1)


def run(subscriptions: int = 1_000_000, days: int = 30, repetitions: int = 7) -> None:
    """Fill the stored tables, measure, print."""
    from wingtel.aggregates.filters import SubscriptionFilter  # noqa: PLC0415 - needs Django set up
    from wingtel.aggregates.periods import Period  # noqa: PLC0415 - needs Django set up
    from wingtel.aggregates.queries import ExceedingPosition, exceeding, metrics  # noqa: PLC0415 - needs Django set up

    _fill(subscriptions, days)
    month, limit, some = Period(MONTH, date(2026, 3, 31)), Decimal("25.00"), subscriptions // 2
    sixteen_days = Period(date(2026, 3, 5), date(2026, 3, 20))
    answers: dict[str, Callable[[], object]] = {
        "exceeding 25.00 in a month, first page": lambda: exceeding(price_limit=limit, period=month),
        "exceeding 25.00 in a month, a page further on": lambda: exceeding(
            price_limit=limit, period=month, after=ExceedingPosition(Decimal("60.0000"), 1)
        ),
        "metrics of one subscription, 16 days": lambda: metrics(period=sixteen_days, only=SubscriptionFilter([some])),
        "metrics of one subscription, a month": lambda: metrics(period=month, only=SubscriptionFilter([some])),
        "metrics of everybody, 16 days, first page": lambda: metrics(period=sixteen_days),
    }
    rows = []
    for name, answer in answers.items():
        times, plans = zip(*(explain(answer) for _ in range(repetitions)), strict=True)
        rows.append(Row(name, f"{statistics.median(times):.2f} ms", f"{max(times):.2f} ms", "", ""))
        print(f"\n--- {name}\n{plans[-1]}")
    for name, statement in (
        (
            "bare: one row by primary key",
            f"""SELECT * FROM wingtel_monthly_usage
                WHERE subscription_id = {some} AND usage_type = 'data' AND month = '{MONTH}'""",
        ),
        (
            "bare: prices of the month, sorted without an index",
            f"""SELECT * FROM (SELECT *, price + 0 AS p FROM wingtel_monthly_usage WHERE month = '{MONTH}' AND price
                   >= 25) AS m
                ORDER BY p DESC LIMIT 100""",
        ),
    ):
        times = [_server_time(statement) for _ in range(repetitions)]
        rows.append(Row(name, f"{statistics.median(times):.2f} ms", f"{max(times):.2f} ms", "", ""))
    title = f"Reading: {subscriptions * days * 2:,} daily rows, {subscriptions * 2:,} monthly rows"
    print_table(title, ("answer", "median in the database", "slowest", "", ""), rows)


def _fill(subscriptions: int, days: int) -> None:
    seconds = timed(lambda: fill_month(MONTH, subscriptions, days))
    flush()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_size_pretty(pg_total_relation_size('wingtel_daily_usage')),"
            " pg_size_pretty(pg_total_relation_size('wingtel_monthly_usage'))"
        )
        daily, monthly = cursor.fetchone()
    print(f"filled in {seconds:.0f} s: daily {daily}, monthly {monthly}")


def explain(answer: Callable[[], object]) -> tuple[float, str]:
    """Return the milliseconds in the database (planning and execution) and the plan of the query of `answer`."""
    statements: list[tuple[str, Any]] = []

    execute = psycopg.Cursor.execute  # Django's cursors use it too

    def capture(cursor: Any, statement: Any, parameters: Any = None, **options: Any) -> Any:
        statements.append((statement, parameters))
        return execute(cursor, statement, parameters, **options)

    with patch.object(psycopg.Cursor, "execute", capture):
        answer()
    ((statement, parameters),) = statements
    with connection.cursor() as cursor:
        cursor.execute(
            "EXPLAIN (ANALYZE, BUFFERS, SUMMARY) " + re.sub(r"^--.*\n", "", statement, flags=re.MULTILINE),
            parameters,
        )
        lines = [line for (line,) in cursor.fetchall()]
    return _milliseconds(lines), "\n".join(lines)


def _server_time(statement: str) -> float:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, SUMMARY) " + statement)
        return _milliseconds([line for (line,) in cursor.fetchall()])


def _milliseconds(plan: list[str]) -> float:
    return sum(float(line.split()[2]) for line in plan if line.startswith(("Planning Time", "Execution Time")))
