"""Both answers in the database, at 100 000 and a million subscription-months, and over all time."""

import statistics
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from benchmarks.filling import flush
from benchmarks.measuring import execute
from benchmarks.reading import explain
from benchmarks.strategies.feed import DAY
from benchmarks.strategies.figures import Table
from benchmarks.strategies.state import start
from wingtel.aggregates import strategies
from wingtel.aggregates.filters import SubscriptionFilter
from wingtel.aggregates.periods import Period
from wingtel.aggregates.queries import exceeding, metrics
from wingtel.usage import partitions

MARCH = Period(DAY, date(2026, 3, 31))
LIMIT = Decimal("25.00")
REPETITIONS = 7


def measure(sizes: list[int], months: int, subscriptions: int) -> Table:
    """Measure planning and execution of the first page, by EXPLAIN (ANALYZE), of the median repetition."""
    table = Table(
        "Reading",
        "Planning and execution in the database, first page. `view` computes from raw records: one of data and one of"
        " voice for each subscription. `inline` and `signals` read what `triggers` reads.",
    )
    for size in sizes:
        for name in ("triggers", "incremental", "view"):
            start(name)
            _fill_raw(size) if name == "view" else _fill_month(size)
            _ask(table, name, f"*exceeding* in a month, {size:,}", lambda: exceeding(price_limit=LIMIT, period=MARCH))
            _ask(
                table,
                name,
                f"*metrics* of one subscription, {size:,}",
                lambda size=size: metrics(period=MARCH, only=SubscriptionFilter([size // 4])),
            )
    for name in ("triggers", "incremental"):
        start(name)
        _fill_years(months, subscriptions)
        _ask(
            table,
            name,
            f"*exceeding* of all time, {months} months of {subscriptions:,}",
            lambda: exceeding(price_limit=LIMIT),
        )
    start(strategies.NAMES[0])
    return table


def _ask(table: Table, name: str, work: str, answer: Callable[[], object]) -> None:
    table.add(work, name, statistics.median(explain(answer)[0] for _ in range(REPETITIONS)) / 1000)


def _fill_month(size: int) -> None:
    """Fill `size` rows of a month, half of them data, with log-normal prices."""
    execute(
        """INSERT INTO wingtel_monthly_usage (subscription_id, usage_type, month, used, price, records,
               price_upper_bound)
           SELECT id, usage_type, %s, 1000, price, 30, usage_price_upper_bound(price)
           FROM (SELECT id, usage_type, exp(2 + 0.6 * random_normal())::numeric(20, 4) AS price
                 FROM generate_series(1, %s) AS id
                 CROSS JOIN (VALUES ('data'), ('voice')) AS usage (usage_type)) AS drawn
           ORDER BY id, usage_type""",
        [DAY, size // 2],
    )
    execute(
        """INSERT INTO wingtel_daily_usage (subscription_id, usage_type, day, used, price, records)
           SELECT subscription_id, usage_type, month, used, price, records FROM wingtel_monthly_usage"""
    )
    flush()


def _fill_raw(size: int) -> None:
    partitions.ensure([DAY])
    for table in ("wingtel_data_usage_record", "wingtel_voice_usage_record"):
        execute(
            f"""INSERT INTO {table}
                SELECT id::text, %s::timestamptz, id, exp(2 + 0.6 * random_normal())::numeric(20, 4), 1000
                FROM generate_series(1, %s) AS id""",
            [DAY, size // 2],
        )
    execute("VACUUM ANALYZE wingtel_data_usage_record, wingtel_voice_usage_record")


def _fill_years(months: int, subscriptions: int) -> None:
    execute(
        """INSERT INTO wingtel_monthly_usage (subscription_id, usage_type, month, used, price, records,
               price_upper_bound)
           SELECT id, usage_type, month::date, 1000, price, 30, usage_price_upper_bound(price)
           FROM (SELECT id, usage_type, month, (base * (0.5 + random()))::numeric(20, 4) AS price
                 FROM (SELECT id, usage_type, exp(2 + 0.6 * random_normal()) AS base
                       FROM generate_series(1, %s) AS id
                       CROSS JOIN (VALUES ('data'), ('voice')) AS usage (usage_type)) AS drawn
                 CROSS JOIN generate_series(date '2023-01-01',
                                            date '2023-01-01' + make_interval(months => %s - 1),
                                            '1 month') AS month) AS priced
           ORDER BY month, id, usage_type""",
        [subscriptions, months],
    )
    flush()
