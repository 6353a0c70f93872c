"""What the aggregates have to be: a plain GROUP BY over the raw records, compared both ways with EXCEPT ALL."""

from typing import Any

from django.db import connection

RECORDS = """
    SELECT subscription_id, 'data' AS usage_type, (usage_date AT TIME ZONE %(zone)s)::date AS day,
           kilobytes_used AS used, price FROM data_usage_record
    UNION ALL
    SELECT subscription_id, 'voice', (usage_date AT TIME ZONE %(zone)s)::date, seconds_used, price
    FROM voice_usage_record
"""

EXPECTED = {
    "usage_daily": f"""
        SELECT subscription_id, usage_type, day, sum(used)::numeric, sum(price), count(*)
        FROM ({RECORDS}) AS record GROUP BY 1, 2, 3""",
    "usage_monthly": f"""
        SELECT subscription_id, usage_type, date_trunc('month', day::timestamp)::date,
               sum(used)::numeric, sum(price), count(*)
        FROM ({RECORDS}) AS record GROUP BY 1, 2, 3""",
}
MAINTAINED = {
    "usage_daily": "SELECT subscription_id, usage_type, day, used::numeric, price, records FROM usage_daily",
    "usage_monthly": "SELECT subscription_id, usage_type, month, used::numeric, price, records FROM usage_monthly",
}


def differences(zone: str = "UTC") -> list[tuple[Any, ...]]:
    """Rows that a view has and should not ("surplus"), or should have and has not ("missing")."""
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
    return found
