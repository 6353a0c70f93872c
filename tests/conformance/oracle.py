"""The oracle: a plain GROUP BY over the sources, compared with the aggregates both ways by EXCEPT ALL."""

from typing import Any

from django.db import connection

from wingtel.aggregates.strategies import active

RECORDS = """
    SELECT subscription_id, 'data' AS usage_type, (usage_date AT TIME ZONE %(zone)s)::date AS day,
           kilobytes_used AS used, price, 1 AS records FROM wingtel_data_usage_record
    UNION ALL
    SELECT subscription_id, 'voice', (usage_date AT TIME ZONE %(zone)s)::date, seconds_used, price, 1
    FROM wingtel_voice_usage_record
    UNION ALL
    SELECT subscription_id, 'sms', (usage_date AT TIME ZONE %(zone)s)::date, messages_sent, price, 1
    FROM wingtel_sms_usage_record
    UNION ALL
    SELECT subscription_id, usage_type, day, used, price, 0 FROM wingtel_usage_adjustment
"""
NOTHING = "HAVING (sum(used), sum(price), sum(records)) <> (0, 0, 0)"

EXPECTED = {
    "usage_daily": f"""
        SELECT subscription_id, usage_type, day, sum(used)::numeric, sum(price), sum(records)
        FROM ({RECORDS}) AS record GROUP BY 1, 2, 3 {NOTHING}""",
    "usage_monthly": f"""
        SELECT subscription_id, usage_type, date_trunc('month', day::timestamp)::date,
               sum(used)::numeric, sum(price), sum(records)
        FROM ({RECORDS}) AS record GROUP BY 1, 2, 3 {NOTHING}""",
}
MAINTAINED = {
    "usage_daily": "SELECT subscription_id, usage_type, day, used::numeric, price, records FROM usage_daily",
    "usage_monthly": "SELECT subscription_id, usage_type, month, used::numeric, price, records FROM usage_monthly",
}
# A price lies between its bounds, and those of its lifetime are their sums, except rows of zeros.
BOUNDS = """
    SELECT 'wingtel_monthly_usage', 'out of bounds', * FROM wingtel_monthly_usage
    WHERE NOT price BETWEEN usage_price_lower_bound(price_upper_bound) AND price_upper_bound
"""
TOTALS = """
    SELECT 'wingtel_lifetime_usage', 'differs', *
    FROM (SELECT subscription_id, usage_type, sum(usage_price_lower_bound(price_upper_bound)) AS price_lower_bound,
        sum(price_upper_bound) AS price_upper_bound
          FROM wingtel_monthly_usage GROUP BY 1, 2) AS expected
    FULL JOIN (SELECT subscription_id, usage_type, price_lower_bound, price_upper_bound FROM wingtel_lifetime_usage
        WHERE (price_lower_bound, price_upper_bound) <> (0, 0))
        AS total USING (subscription_id, usage_type)
    WHERE (expected.price_lower_bound, expected.price_upper_bound) IS DISTINCT FROM (total.price_lower_bound,
        total.price_upper_bound)
"""


def differences(zone: str = "UTC") -> list[tuple[Any, ...]]:
    """Return rows that a view should not have ("surplus"), rows that it lacks ("missing"), and wrong totals."""
    found = []
    with connection.cursor() as cursor:
        for view, expected in EXPECTED.items():
            maintained = MAINTAINED[view]
            cursor.execute(
                f"""SELECT '{view}', 'missing', * FROM ({expected} EXCEPT ALL {maintained}) AS missing
                    UNION ALL
                    SELECT '{view}', 'surplus', * FROM ({maintained} EXCEPT ALL {expected}) AS surplus""",
                {"zone": zone},
            )
            found += cursor.fetchall()
        strategy = active()
        if strategy and strategy.stores:
            for statement in (BOUNDS, TOTALS):
                cursor.execute(statement)
                found += cursor.fetchall()
    return found


def records_kept() -> int:
    """Return the number of records that the months count."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(records) FROM usage_monthly")
        (records,) = cursor.fetchone()
    return int(records)
