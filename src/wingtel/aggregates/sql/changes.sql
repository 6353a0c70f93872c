-- name: is_enabled
SELECT usage_capture_enabled()

-- name: lock_timeout
-- A session that waits longer than this for a lock rolls back and tries again.
SET LOCAL lock_timeout = '500ms'

-- name: enable
-- Log every change of aggregates from now on. The lock waits until no statement is changing them, and later ones are planned again.
SELECT usage_lock_stored();
CREATE OR REPLACE FUNCTION usage_capture_enabled() RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT true $$

-- name: disable
-- Stop logging. A statement that still logs a change does no harm.
CREATE OR REPLACE FUNCTION usage_capture_enabled() RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT false $$;
DELETE FROM wingtel_usage_change

-- name: require_read_committed
SELECT usage_require_read_committed(%(what)s)

-- name: drain
-- Remove and return the committed changes. If no aggregates are stored, all usage may have changed in the months of days that are not
-- sealed, or were sealed after `since`.
WITH drained AS (
    DELETE FROM wingtel_usage_change RETURNING day, subscriptions
)
SELECT day, subscriptions FROM drained
UNION ALL
SELECT DISTINCT usage_month(day), NULL::bigint[]
FROM wingtel_usage_day
WHERE NOT usage_stores()
  AND (state IN ('open', 'sealing') OR %(since)s::timestamptz IS NULL OR sealed_at >= %(since)s::timestamptz)

-- name: logged
SELECT count(*) FROM wingtel_usage_change

-- name: users_in_month
-- The subscriptions with usage in a month, or those that paid at least so much for one usage type or for both.
SELECT array_agg(subscription_id)
FROM (
    SELECT subscription_id
    FROM usage_monthly
    WHERE month + 0 = %(month)s  -- the expression of the index
    GROUP BY subscription_id
    HAVING %(least)s::numeric IS NULL OR sum(greatest(price, 0)) >= %(least)s::numeric
) AS users
