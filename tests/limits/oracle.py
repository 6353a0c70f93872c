"""The oracle of open alerts: every limit compared with the sums of the raw records and adjustments."""

from django.db import connection

SHOULD_BE_OPEN = """
    SELECT price_limit.id, subscription.id, span.first, span.last, percent
    FROM wingtel_price_limit AS price_limit
    CROSS JOIN LATERAL (SELECT DISTINCT percent FROM unnest(thresholds || 100) AS percent) AS threshold
    JOIN wingtel_subscription AS subscription ON (price_limit.plan_id IS NULL OR price_limit.plan_id =
        subscription.plan_id)
                     AND (price_limit.subscription_id IS NULL OR price_limit.subscription_id = subscription.id)
    JOIN (
        SELECT subscription_id, 'data' AS usage_type, (usage_date AT TIME ZONE 'UTC')::date AS day, price
        FROM wingtel_data_usage_record
        UNION ALL
        SELECT subscription_id, 'voice', (usage_date AT TIME ZONE 'UTC')::date, price FROM wingtel_voice_usage_record
        UNION ALL
        SELECT subscription_id, 'sms', (usage_date AT TIME ZONE 'UTC')::date, price FROM wingtel_sms_usage_record
        UNION ALL
        SELECT subscription_id, usage_type, day, price FROM wingtel_usage_adjustment
    ) AS used ON used.subscription_id = subscription.id
             AND (price_limit.usage_type IS NULL OR price_limit.usage_type = used.usage_type)
    CROSS JOIN LATERAL (
        SELECT date_trunc('month', day)::date AS first,
               (date_trunc('month', day) + interval '1 month - 1 day')::date AS last
        WHERE price_limit.period = 'month'
        UNION ALL
        SELECT cycle.*
        FROM limit_cycle(day, coalesce(extract(day FROM effective_date AT TIME ZONE 'UTC'), 1)::integer) AS cycle
        WHERE price_limit.period = 'cycle'
    ) AS span
    WHERE price_limit.deleted_at IS NULL AND span.last >= starts
    GROUP BY 1, 2, 3, 4, 5, amount
    HAVING sum(used.price) * 100 >= amount * percent
"""

OPEN = """
    SELECT price_limit_id, wingtel_alert.subscription_id, first, last, threshold_percent
    FROM wingtel_alert JOIN wingtel_price_limit AS price_limit ON price_limit.id = price_limit_id
    WHERE resolved_at IS NULL AND deleted_at IS NULL
"""


def differences() -> list[tuple[object, ...]]:
    """Return the open alerts that should not be open, and those that are missing."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT 'missing', * FROM ({SHOULD_BE_OPEN} EXCEPT ALL {OPEN}) AS missing
                UNION ALL
                SELECT 'surplus', * FROM ({OPEN} EXCEPT ALL {SHOULD_BE_OPEN}) AS surplus"""
        )
        return list(cursor.fetchall())
