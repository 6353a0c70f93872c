"""The stored tables of an operator: a month by day, and another month, of more subscriptions, to export."""

from datetime import date

from django.db import connection

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
DAYS = 30


def fill(subscriptions: int, exported: int) -> int:
    """Fill them unless they are. Returns how many daily rows there are."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM daily_usage")
        (rows,) = cursor.fetchone()
        if rows:
            return int(rows)
        for day in range(DAYS):
            cursor.execute(
                """INSERT INTO daily_usage (subscription_id, usage_type, day, used, price, records)
                   SELECT id, usage_type, %s::date + %s, (random() * 1e6)::bigint,
                          (0.05 + 0.6 * random() * exp(random() * 2) * (1 + (id %% 97 = 0)::int * 4))::numeric(20, 4), 7
                   FROM generate_series(1, %s) AS id CROSS JOIN (VALUES ('data'), ('voice')) AS usage (usage_type)
                   ORDER BY id, usage_type""",
                [MARCH, day, subscriptions],
            )
        cursor.execute(
            """INSERT INTO monthly_usage (subscription_id, usage_type, month, used, price, records, ceiling)
               SELECT subscription_id, usage_type, %s, sum(used), sum(price), sum(records),
                      usage_price_ceiling(sum(price))
               FROM daily_usage GROUP BY 1, 2""",
            [MARCH],
        )
        cursor.execute(
            """INSERT INTO monthly_usage (subscription_id, usage_type, month, used, price, records, ceiling)
               SELECT id, usage_type, %s, (random() * 1e8)::bigint, (random() * 100)::numeric(20, 4), 200, 101
               FROM generate_series(1, %s) AS id CROSS JOIN (VALUES ('data'), ('voice')) AS usage (usage_type)""",
            [APRIL, exported // 2],
        )
        cursor.execute(
            """INSERT INTO total_usage (subscription_id, usage_type, floor, ceiling)
               SELECT subscription_id, usage_type, sum(usage_price_floor(ceiling)), sum(ceiling)
               FROM monthly_usage GROUP BY 1, 2"""
        )
        cursor.execute("VACUUM ANALYZE daily_usage, monthly_usage, total_usage")
    return subscriptions * DAYS * 2
