-- name: is_enabled
SELECT watching_usage()

-- name: lock_timeout
-- A session that waits longer than this for a lock lets go of everything and begins again.
SET LOCAL lock_timeout = '500ms'

-- name: enable
-- Let every statement that changes aggregates from now on log it. No such statement runs when this begins, and each later one is
-- planned anew.
SELECT usage_lock_stored();
CREATE OR REPLACE FUNCTION watching_usage() RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT true $$

-- name: disable
-- Let them stop. A statement that still logs something does no harm.
CREATE OR REPLACE FUNCTION watching_usage() RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT false $$;
DELETE FROM usage_change

-- name: require_read_committed
SELECT usage_require_read_committed(%(what)s)

-- name: drain
-- Remove what was logged and is committed, and return it. Where nothing is stored, the usage of everybody may have changed in the months
-- of days that are not sealed, or were sealed after `since`.
WITH drained AS (
    DELETE FROM usage_change RETURNING day, subscriptions
)
SELECT day, subscriptions FROM drained
UNION ALL
SELECT DISTINCT usage_month(day), NULL::bigint[]
FROM usage_day
WHERE NOT usage_stores()
  AND (state IN ('open', 'sealing') OR %(since)s::timestamptz IS NULL OR sealed_at >= %(since)s::timestamptz)

-- name: logged
SELECT count(*) FROM usage_change

-- name: users_in_month
-- Return the subscriptions with usage in a month, or those who paid at least so much for one usage type or for both.
SELECT array_agg(subscription_id)
FROM (
    SELECT subscription_id
    FROM usage_monthly
    WHERE month + 0 = %(month)s  -- as the index has it
    GROUP BY subscription_id
    HAVING %(least)s::numeric IS NULL OR sum(greatest(price, 0)) >= %(least)s::numeric
) AS users
