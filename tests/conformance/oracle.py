"""The oracle: a plain GROUP BY over the sources, compared with the aggregates both ways by EXCEPT ALL."""

from typing import Any

from django.db import connection

from wingtel.aggregates.strategies import active

RECORDS = """
    SELECT subscription_id, 'data' AS usage_type, (usage_date AT TIME ZONE %(zone)s)::date AS day,
           kilobytes_used AS used, price, 1 AS records FROM data_usage_record
    UNION ALL
    SELECT subscription_id, 'voice', (usage_date AT TIME ZONE %(zone)s)::date, seconds_used, price, 1
    FROM voice_usage_record
    UNION ALL
    SELECT subscription_id, usage_type, day, used, price, 0 FROM usage_adjustment
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
# A price lies between its floor and its ceiling, and totals are the sums of both, except rows of zeros.
BOUNDS = """
    SELECT 'monthly_usage', 'out of bounds', * FROM monthly_usage
    WHERE NOT price BETWEEN usage_price_floor(ceiling) AND ceiling
"""
TOTALS = """
    SELECT 'total_usage', 'differs', *
    FROM (SELECT subscription_id, usage_type, sum(usage_price_floor(ceiling)) AS floor, sum(ceiling) AS ceiling
          FROM monthly_usage GROUP BY 1, 2) AS expected
    FULL JOIN (SELECT subscription_id, usage_type, floor, ceiling FROM total_usage WHERE (floor, ceiling) <> (0, 0))
        AS total USING (subscription_id, usage_type)
    WHERE (expected.floor, expected.ceiling) IS DISTINCT FROM (total.floor, total.ceiling)
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
