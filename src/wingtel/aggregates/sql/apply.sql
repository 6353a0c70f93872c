-- name: sums
-- Add changes to the stored aggregates: the part that all strategies with stored aggregates share. Each puts it after its own
-- `WITH changed_usage AS (...)`, whose rows (subscription_id, usage_type, day, used, price, records) may repeat keys.
--
-- Rows are changed in the order of their keys, days before months before lifetimes. So statements on the same keys wait for each other
-- instead of deadlocking. Each part counts the rows of the one before, to run after it. A lifetime changes only if the upper bound of
-- one of its months does.
, delta AS MATERIALIZED (
    SELECT subscription_id, usage_type, usage_month(day) AS month, day, used, price, records
    FROM (
        SELECT subscription_id, usage_type, day,
               sum(used) AS used, sum(price) AS price, sum(records)::bigint AS records
        FROM changed_usage
        GROUP BY subscription_id, usage_type, day
    ) AS sums
    WHERE (used, price, records) <> (0, 0, 0)
    ORDER BY subscription_id, usage_type, day
),

-- name: upserts
-- Row by row, whatever the server's version, the size of the tables, and the keys that other sessions add.
days AS (
    INSERT INTO wingtel_daily_usage AS stored (subscription_id, usage_type, day, used, price, records)
    SELECT subscription_id, usage_type, day, used, price, records FROM delta
    ON CONFLICT (subscription_id, usage_type, day) DO UPDATE SET
        {add to a day}
    RETURNING 1
),
months AS (
    INSERT INTO wingtel_monthly_usage AS stored (subscription_id, usage_type, month, used, price, records, price_upper_bound)
    SELECT subscription_id, usage_type, month, sum(used), sum(price), sum(records), usage_price_upper_bound(sum(price))
    FROM delta
    WHERE (SELECT count(*) FROM days) > 0
    GROUP BY subscription_id, usage_type, month
    ORDER BY subscription_id, usage_type, month
    ON CONFLICT (subscription_id, usage_type, month) DO UPDATE SET
        {add to a month}
    RETURNING subscription_id, usage_type, price_upper_bound, previous_upper_bound
)

-- name: merges
-- The same for many keys at once: a fifth faster, since a row is looked up once and not locked before it is changed. It needs
-- PostgreSQL 17, is planned each time, and keeps the order of the keys only if joins are nested loops. It fails with
-- unique_violation if another session adds a key at the same time: then the upserts run.
--
-- Usually there is only one day. Then a month changes by the same amounts as its day, and need not be summed again.
month_delta AS MATERIALIZED (
    SELECT subscription_id, usage_type, month, used, price, records
    FROM delta
    WHERE (SELECT min(day) = max(day) FROM delta)
    UNION ALL
    (
        SELECT subscription_id, usage_type, month, sum(used), sum(price), sum(records)::bigint
        FROM delta
        WHERE (SELECT min(day) < max(day) FROM delta)
        GROUP BY subscription_id, usage_type, month
        ORDER BY subscription_id, usage_type, month
    )
),
days AS (
    MERGE INTO wingtel_daily_usage AS stored
    USING delta
    ON stored.subscription_id = delta.subscription_id AND stored.usage_type = delta.usage_type AND stored.day = delta.day
    WHEN MATCHED THEN UPDATE SET
        {add to a day}
    WHEN NOT MATCHED THEN INSERT (subscription_id, usage_type, day, used, price, records)
        VALUES (delta.subscription_id, delta.usage_type, delta.day, delta.used, delta.price, delta.records)
    RETURNING 1
),
months AS (
    MERGE INTO wingtel_monthly_usage AS stored
    USING (SELECT * FROM month_delta WHERE (SELECT count(*) FROM days) > 0) AS delta
    ON stored.subscription_id = delta.subscription_id AND stored.usage_type = delta.usage_type AND stored.month = delta.month
    WHEN MATCHED THEN UPDATE SET
        {add to a month}
    WHEN NOT MATCHED THEN INSERT (subscription_id, usage_type, month, used, price, records, price_upper_bound)
        VALUES (delta.subscription_id, delta.usage_type, delta.month, delta.used, delta.price, delta.records,
                usage_price_upper_bound(delta.price))
    RETURNING stored.subscription_id, stored.usage_type, stored.price_upper_bound, stored.previous_upper_bound
)

-- name: log
-- Log the changed subscriptions of each day, for change capture (sql/changes.sql). While it is disabled, the plan leaves this out.
, logged AS (
    INSERT INTO wingtel_usage_change (day, subscriptions)
    SELECT day, array_agg(subscription_id) FROM delta WHERE usage_capture_enabled() GROUP BY day
)

-- name: log_changes
-- The same for changes that are not summed yet, or are added to days only.
, logged AS (
    INSERT INTO wingtel_usage_change (day, subscriptions)
    SELECT day, array_agg(subscription_id) FROM changed_usage WHERE usage_capture_enabled() GROUP BY day
)

-- name: lifetimes
-- The end of the statement: the bounds of the lifetime usage.
INSERT INTO wingtel_lifetime_usage AS stored (subscription_id, usage_type, price_lower_bound, price_upper_bound)
SELECT subscription_id, usage_type,
       sum(usage_price_lower_bound(price_upper_bound) - coalesce(usage_price_lower_bound(previous_upper_bound), 0)),
       sum(price_upper_bound - coalesce(previous_upper_bound, 0))
FROM months
WHERE price_upper_bound IS DISTINCT FROM previous_upper_bound
GROUP BY subscription_id, usage_type
ORDER BY subscription_id, usage_type
ON CONFLICT (subscription_id, usage_type) DO UPDATE SET
    price_lower_bound = stored.price_lower_bound + excluded.price_lower_bound,
    price_upper_bound = stored.price_upper_bound + excluded.price_upper_bound

-- name: add_to_a_day
-- The addition of a change to a stored day.
used = stored.used + {change}.used,
        price = stored.price + {change}.price,
        records = stored.records + {change}.records

-- name: add_to_a_month
-- The same for a month. Its upper bound stays while the price lies between the two bounds.
used = stored.used + {change}.used,
        price = stored.price + {change}.price,
        records = stored.records + {change}.records,
        price_upper_bound = CASE
            WHEN stored.price + {change}.price <= stored.price_upper_bound
             AND ({change}.price >= 0 OR stored.price + {change}.price >= usage_price_lower_bound(stored.price_upper_bound))
                THEN stored.price_upper_bound
            ELSE usage_price_upper_bound(stored.price + {change}.price)
        END,
        previous_upper_bound = stored.price_upper_bound

-- name: define_add
-- Add one change to the stored aggregates: for a single record, this takes half as long as the statement for many.
CREATE OR REPLACE FUNCTION usage_add(
    of_subscription bigint, of_type text, of_day date, of_used numeric, of_price numeric, of_records bigint
) RETURNS void
LANGUAGE plpgsql AS $add$
DECLARE
    new_upper_bound numeric;
    old_upper_bound numeric;
BEGIN
    INSERT INTO wingtel_daily_usage AS stored (subscription_id, usage_type, day, used, price, records)
    VALUES (of_subscription, of_type, of_day, of_used, of_price, of_records)
    ON CONFLICT (subscription_id, usage_type, day) DO UPDATE SET
        {add to a day};
    INSERT INTO wingtel_monthly_usage AS stored (subscription_id, usage_type, month, used, price, records, price_upper_bound)
    VALUES (of_subscription, of_type, usage_month(of_day), of_used, of_price, of_records, usage_price_upper_bound(of_price))
    ON CONFLICT (subscription_id, usage_type, month) DO UPDATE SET
        {add to a month}
    RETURNING price_upper_bound, previous_upper_bound INTO new_upper_bound, old_upper_bound;
    IF new_upper_bound IS DISTINCT FROM old_upper_bound THEN
        INSERT INTO wingtel_lifetime_usage AS stored (subscription_id, usage_type, price_lower_bound, price_upper_bound)
        VALUES (of_subscription, of_type,
                usage_price_lower_bound(new_upper_bound) - coalesce(usage_price_lower_bound(old_upper_bound), 0),
                new_upper_bound - coalesce(old_upper_bound, 0))
        ON CONFLICT (subscription_id, usage_type) DO UPDATE SET
            price_lower_bound = stored.price_lower_bound + excluded.price_lower_bound,
            price_upper_bound = stored.price_upper_bound + excluded.price_upper_bound;
    END IF;
    IF usage_capture_enabled() THEN
        INSERT INTO wingtel_usage_change (day, subscriptions) VALUES (of_day, ARRAY[of_subscription]);
    END IF;
END $add$

-- name: recorded
-- The records that `ingest_usage` has just stored, as changes.
, changed_usage AS (
    SELECT subscription_id, usage_type, usage_business_day(usage_date) AS day, used, price, 1 AS records
    FROM recorded_usage
)
