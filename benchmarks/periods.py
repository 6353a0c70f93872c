"""*Exceeding* over any period, in the database: `python -m benchmarks.periods`.

Three years of months, of which the last twelve have days. The first page of 100 of each answer is timed. Beside it is
the plain GROUP BY of all stored rows, whose result has to be the same. The results are medians of rounds, both in turn.
"""

import argparse
import json
import statistics
from datetime import date
from decimal import Decimal

from django.db import connection

from benchmarks.measuring import execute, timed
from benchmarks.report import Row, print_table
from benchmarks.server import benchmark_server

LAST = date(2026, 3, 1)
MONTHS = 36
MONTHS_WITH_DAYS = 12
PERIODS = {
    "one month": (date(2026, 3, 1), date(2026, 3, 31)),
    "a cycle, the 15th to the 14th": (date(2026, 2, 15), date(2026, 3, 14)),
    "10 January to 20 March": (date(2026, 1, 10), date(2026, 3, 20)),
    "two whole months": (date(2026, 2, 1), date(2026, 3, 31)),
    "12 of 36 months": (date(2025, 4, 1), date(2026, 3, 31)),
    "24 of 36 months": (date(2024, 4, 1), date(2026, 3, 31)),
    "all time": (None, None),
}

DAYS = """
    INSERT INTO wingtel_daily_usage (subscription_id, usage_type, day, used, price, records)
    SELECT id, usage_type, day, (random() * 1e6)::bigint,
           (0.2 + 2 * random() * exp(random() * 2) * (1 + (id %% 97 = 0)::int * 4))::numeric(20, 4), 7
    FROM generate_series(%s::date, (%s::date + interval '1 month')::date - 1, interval '1 day') AS hour
    CROSS JOIN LATERAL (SELECT hour::date AS day) AS days
    CROSS JOIN generate_series(1, %s) AS id
    CROSS JOIN (VALUES ('data'), ('voice')) AS usage (usage_type)
    WHERE (id + extract(day FROM day)::int) %% 4 = 0
    ORDER BY id, usage_type, day
"""
MONTHS_OF_DAYS = """
    INSERT INTO wingtel_monthly_usage (subscription_id, usage_type, month, used, price, records, price_upper_bound)
    SELECT subscription_id, usage_type, usage_month(day), sum(used), sum(price), sum(records),
           usage_price_upper_bound(sum(price))
    FROM wingtel_daily_usage GROUP BY 1, 2, 3
"""
MONTHS_ALONE = """
    INSERT INTO wingtel_monthly_usage (subscription_id, usage_type, month, used, price, records, price_upper_bound)
    SELECT id, usage_type, %s, 1000000, price, 50, usage_price_upper_bound(price)
    FROM generate_series(1, %s) AS id
    CROSS JOIN (VALUES ('data'), ('voice')) AS usage (usage_type)
    CROSS JOIN LATERAL (
        SELECT ((2 + 30 * random() * exp(random())) * (1 + (id %% 97 = 0)::int * 4))::numeric(20, 4) AS price
    ) AS paid
    ORDER BY id, usage_type
"""
PLAIN = """
    SELECT subscription_id, max(price)
    FROM (
        SELECT subscription_id, usage_type, sum(price) AS price
        FROM (
            SELECT subscription_id, usage_type, price FROM usage_monthly
            WHERE month >= %(whole_first)s::date AND month < %(whole_end)s::date
            UNION ALL
            SELECT subscription_id, usage_type, price FROM usage_daily
            WHERE day BETWEEN %(first)s::date AND %(last)s::date
              AND NOT (day >= %(whole_first)s::date AND day < %(whole_end)s::date)
        ) AS parts
        GROUP BY 1, 2
    ) AS totals
    GROUP BY 1 HAVING max(price) >= %(price_limit)s
    ORDER BY 2 DESC, 1 LIMIT 100
"""

parser = argparse.ArgumentParser(prog="python -m benchmarks.periods", description=__doc__)
parser.add_argument("--subscriptions", type=int, default=100_000)
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--pages", type=int, default=1, help="how many pages after another are requested")


def _month(back: int) -> date:
    months = LAST.year * 12 + LAST.month - 1 - back
    return date(months // 12, months % 12 + 1, 1)


def fill(subscriptions: int) -> None:
    """Fill the stored tables, unless they are filled."""
    from wingtel.aggregates.rebuild import repair_bounds  # noqa: PLC0415 - needs Django set up

    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM wingtel_daily_usage)")
        if cursor.fetchone() == (True,):
            return
    for back in reversed(range(MONTHS_WITH_DAYS)):
        execute(DAYS, [_month(back), _month(back), subscriptions])
    execute(MONTHS_OF_DAYS)
    for back in reversed(range(MONTHS_WITH_DAYS, MONTHS)):
        execute(MONTHS_ALONE, [_month(back), subscriptions])
    repair_bounds()
    execute("VACUUM ANALYZE wingtel_monthly_usage, wingtel_daily_usage, wingtel_lifetime_usage")


def main() -> None:
    """Measure and print."""
    options = parser.parse_args()
    with benchmark_server():
        fill(options.subscriptions)
        rows = []
        for name, (first, last) in PERIODS.items():
            ours, plain = _measure(first, last, options)
            rows.append(Row(name, f"{ours:.1f} ms", f"{plain:.0f} ms", f"{plain / ours:.0f} x", ""))
        title = f"Exceeding, first page, of {options.subscriptions:,} subscriptions"
        print_table(title, ("period", "Wingtel", "GROUP BY", "ratio", ""), rows)


def _measure(first: date | None, last: date | None, options: argparse.Namespace) -> tuple[float, float]:
    """Return the milliseconds of a page and of the plain query, medians of rounds in turn."""
    from wingtel.aggregates.periods import EARLIEST, LATEST, Period  # noqa: PLC0415 - needs Django set up
    from wingtel.aggregates.queries import exceeding  # noqa: PLC0415 - needs Django set up

    price_limit = Decimal("25.00")
    whole_first, whole_last = Period(first, last).split().months or (LATEST, EARLIEST)
    params = {
        "price_limit": price_limit,
        "first": first or EARLIEST,
        "last": last or LATEST,
        "whole_first": whole_first or EARLIEST,
        "whole_end": _after(whole_last) if whole_last else LATEST,
    }

    def page() -> list[int]:
        after = None
        for _ in range(options.pages):
            answer = exceeding(price_limit=price_limit, period=Period(first, last), after=after)
            after = answer.next
        return [result["subscription_id"] for result in json.loads(answer.written)]

    def plain() -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute(PLAIN, params)
            return [subscription_id for subscription_id, _ in cursor.fetchall()]

    if options.pages == 1 and page() != plain():
        raise AssertionError(f"from {first} to {last} the answers differ")
    times = [(timed(page), timed(plain)) for _ in range(options.rounds)]
    ours, baseline = (statistics.median(taken) * 1000 for taken in zip(*times, strict=True))
    return ours, baseline


def _after(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


if __name__ == "__main__":
    main()
