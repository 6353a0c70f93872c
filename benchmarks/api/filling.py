"""Subscriptions and stored tables of an operator: a month by day, and a month of more subscriptions to export."""

from datetime import date

from django.db import connection

from benchmarks.filling import fill_month, flush
from benchmarks.measuring import execute

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
DAYS = 30


def fill(subscriptions: int, exported: int) -> int:
    """Fill the tables unless they are filled. Return the number of daily rows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM wingtel_daily_usage")
        (rows,) = cursor.fetchone()
    if rows:
        return int(rows)
    execute(
        """INSERT INTO wingtel_subscription (id, carrier, status, phone_number, external_id,
                                     device_id, phone_model, network_type, sprint_id)
           SELECT id, CASE WHEN id %% 10 = 0 THEN 'sprint' ELSE 'att' END, 'active', '+1' || 2020000000 + id,
                  'crm-' || id, '', '', '', ''
           FROM generate_series(1, %s) AS id""",
        [max(subscriptions, exported // 2)],
    )
    fill_month(MARCH, subscriptions, DAYS)
    execute(
        """INSERT INTO wingtel_monthly_usage (subscription_id, usage_type, month, used, price, records,
               price_upper_bound)
           SELECT id, usage_type, %s, (random() * 1e8)::bigint, (random() * 100)::numeric(20, 4), 200, 101
           FROM generate_series(1, %s) AS id CROSS JOIN (VALUES ('data'), ('voice')) AS usage (usage_type)""",
        [APRIL, exported // 2],
    )
    flush()
    return subscriptions * DAYS * 2
