-- name: lock
-- One session rebuilds at a time, and writers wait for it.
SELECT usage_require_read_committed('a rebuild');
SELECT usage_lock_stored()

-- name: lock_day
-- One session at a time rebuilds a day, and none while another rebuilds months or switches the strategy. Writers go on.
LOCK TABLE ONLY wingtel_daily_usage IN ROW EXCLUSIVE MODE;
SELECT pg_advisory_xact_lock(hashtext('rebuild'), %(first)s::date - date '2000-01-01')

-- name: missing
-- The changes to add to differing days: to their months and lifetimes too, as writers do, or to the days only.
, changed_usage AS (
    SELECT subscription_id, usage_type, day,
           coalesce(expected_used, 0) - coalesce(found_used, 0) AS used,
           coalesce(expected_price, 0) - coalesce(found_price, 0) AS price,
           coalesce(expected_records, 0) - coalesce(found_records, 0) AS records
    FROM differing_days
)

-- name: add_to_days
-- Add them to the days only: pending deltas are right, and stay. A surplus row becomes a row of zeros.
, added AS (
    INSERT INTO wingtel_daily_usage AS stored (subscription_id, usage_type, day, used, price, records)
    SELECT subscription_id, usage_type, day, used, price, records
    FROM changed_usage
    ORDER BY day, subscription_id, usage_type
    ON CONFLICT (subscription_id, usage_type, day) DO UPDATE SET
        used = stored.used + excluded.used,
        price = stored.price + excluded.price,
        records = stored.records + excluded.records
)

-- name: fill_days
-- Store days of which nothing is stored yet: no row has to be looked up, which takes half as long.
, added AS (
    INSERT INTO wingtel_daily_usage (subscription_id, usage_type, day, used, price, records)
    SELECT subscription_id, usage_type, day, used, price, records
    FROM changed_usage
    ORDER BY day, subscription_id, usage_type
)

-- name: nothing
-- The end of a statement that returns no rows.
SELECT WHERE false

-- name: add_to_months
-- Add what is missing to differing months, except those that are skipped.
, added AS (
    INSERT INTO wingtel_monthly_usage AS stored (subscription_id, usage_type, month, used, price, records, price_upper_bound)
    SELECT subscription_id, usage_type, month, used, price, records, usage_least_upper_bound(price)
    FROM differing_months
    WHERE month <> ALL (%(skipped)s::date[])
    ORDER BY month, subscription_id, usage_type
    ON CONFLICT (subscription_id, usage_type, month) DO UPDATE SET
        used = stored.used + excluded.used,
        price = stored.price + excluded.price,
        records = stored.records + excluded.records,
        price_upper_bound = usage_least_upper_bound(stored.price + excluded.price)
)
INSERT INTO wingtel_usage_change (day, subscriptions)
SELECT month, array_agg(subscription_id)
FROM differing_months
WHERE month <> ALL (%(skipped)s::date[]) AND usage_capture_enabled()
GROUP BY month

-- name: bounds
-- Set new bounds for the months whose price lies outside them.
UPDATE wingtel_monthly_usage SET price_upper_bound = usage_least_upper_bound(price)
WHERE NOT price BETWEEN usage_price_lower_bound(price_upper_bound) AND price_upper_bound

-- name: add_to_totals
-- Add what is missing to differing lifetime bounds.
INSERT INTO wingtel_lifetime_usage AS stored (subscription_id, usage_type, price_lower_bound, price_upper_bound)
SELECT subscription_id, usage_type, price_lower_bound, price_upper_bound
FROM differing_totals
ORDER BY subscription_id, usage_type
ON CONFLICT (subscription_id, usage_type) DO UPDATE SET
    price_lower_bound = stored.price_lower_bound + excluded.price_lower_bound,
    price_upper_bound = stored.price_upper_bound + excluded.price_upper_bound
