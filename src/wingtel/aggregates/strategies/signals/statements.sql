-- name: ask
-- Let writers announce what they change, or let them stop.
SELECT usage_set_announcing(%(announcing)s)

-- name: announced
-- The changes of one statement of the models, all of one usage type.
SELECT subscription_id, %(usage_type)s::text COLLATE "C" AS usage_type, day, used, price, records
FROM unnest(%(subscription_ids)s::bigint[], %(days)s::date[], %(used)s::bigint[], %(prices)s::numeric[],
            %(records)s::bigint[]) AS announced (subscription_id, day, used, price, records)

-- name: recorded
-- What record_usage has just stored.
SELECT subscription_id, usage_type COLLATE "C" AS usage_type, usage_business_day(usage_date) AS day,
       sum(used)::bigint AS used, sum(price) AS price, count(*) AS records
FROM recorded_usage
GROUP BY 1, 2, 3

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
