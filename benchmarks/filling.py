"""The stored tables of an operator, filled by SQL: reading costs the same as after ingestion."""

from datetime import date

from benchmarks.measuring import execute
from wingtel.aggregates.rebuild import repair_bounds


def fill_month(first: date, subscriptions: int, days: int) -> None:
    """Fill data and voice of every subscription on every day, and their months.

    One subscription in 97 pays five times as much.
    """
    for day in range(days):
        execute(
            """INSERT INTO wingtel_daily_usage (subscription_id, usage_type, day, used, price, records)
               SELECT id, usage_type, %s::date + %s, (random() * 1e6)::bigint,
                      (0.05 + 0.6 * random() * exp(random() * 2) * (1 + (id %% 97 = 0)::int * 4))::numeric(20, 4), 7
               FROM generate_series(1, %s) AS id CROSS JOIN (VALUES ('data'), ('voice')) AS usage (usage_type)
               ORDER BY id, usage_type""",
            [first, day, subscriptions],
        )
    execute(
        """INSERT INTO wingtel_monthly_usage (subscription_id, usage_type, month, used, price, records,
               price_upper_bound)
           SELECT subscription_id, usage_type, %s, sum(used), sum(price), sum(records),
                  usage_price_upper_bound(sum(price))
           FROM wingtel_daily_usage GROUP BY 1, 2""",
        [first],
    )


def flush() -> None:
    """Repair the bounds of the totals, and collect statistics."""
    repair_bounds()
    execute("VACUUM ANALYZE wingtel_monthly_usage, wingtel_daily_usage, wingtel_lifetime_usage, wingtel_subscription")
