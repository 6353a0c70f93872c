-- name: ask
-- Let writers announce what they change, or let them stop.
SELECT usage_set_announcing(%(announcing)s)

-- name: install
-- The function that adds what a statement of the models changed, all of one usage type, to the stored tables. In the
-- database, since there a session plans it once, and planning it takes longer than running it.
CREATE OR REPLACE FUNCTION signals_apply(
    of_type text, of_subscriptions bigint[], of_days date[], of_used bigint[], of_prices numeric[], of_records bigint[]
) RETURNS void
LANGUAGE plpgsql AS $apply$
BEGIN
    WITH changed_usage AS (
        SELECT subscription_id, of_type COLLATE "C" AS usage_type, day, used, price, records
        FROM unnest(of_subscriptions, of_days, of_used, of_prices, of_records)
            AS changed (subscription_id, day, used, price, records)
    )
    {apply};
END $apply$

-- name: uninstall
DROP FUNCTION IF EXISTS signals_apply(text, bigint[], date[], bigint[], numeric[], bigint[])

-- name: announced
SELECT signals_apply(%s, %s, %s, %s, %s, %s)

-- name: recorded
-- Add what record_usage has just stored.
WITH changed_usage AS (
    SELECT subscription_id, usage_type COLLATE "C" AS usage_type, usage_business_day(usage_date) AS day,
           sum(used)::bigint AS used, sum(price) AS price, count(*) AS records
    FROM recorded_usage
    GROUP BY 1, 2, 3
)
{apply}

-- name: apply
-- Follows WITH changed_usage AS (...). Rows are changed in the order of their keys, days before months (which count the
-- days changed, to come after them), so that writers of the same keys wait for each other instead of deadlocking.
, delta AS MATERIALIZED (
    SELECT subscription_id, usage_type, date_trunc('month', day::timestamp)::date AS month, day, used, price, records
    FROM changed_usage
    ORDER BY subscription_id, usage_type, day
),
days AS (
    INSERT INTO daily_usage AS stored (subscription_id, usage_type, day, used, price, records)
    SELECT subscription_id, usage_type, day, used, price, records FROM delta
    ON CONFLICT (subscription_id, usage_type, day) DO UPDATE SET
        used = stored.used + excluded.used,
        price = stored.price + excluded.price,
        records = stored.records + excluded.records
    RETURNING 1
)
INSERT INTO monthly_usage AS stored (subscription_id, usage_type, month, used, price, records)
SELECT subscription_id, usage_type, month, sum(used), sum(price), sum(records)
FROM delta
WHERE (SELECT count(*) FROM days) > 0
GROUP BY subscription_id, usage_type, month
ORDER BY subscription_id, usage_type, month
ON CONFLICT (subscription_id, usage_type, month) DO UPDATE SET
    used = stored.used + excluded.used,
    price = stored.price + excluded.price,
    records = stored.records + excluded.records
