-- name: is_watching
SELECT watching_usage()

-- name: patience
-- Whoever waits longer than this for a lock lets go of everything and begins again.
SET LOCAL lock_timeout = '500ms'

-- name: watch
-- Let all who change aggregates from now on note it. Nobody is at it when this begins, and who comes after it has to plan anew.
SELECT usage_lock_stored();
CREATE OR REPLACE FUNCTION watching_usage() RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT true $$

-- name: unwatch
-- Let them stop. Whoever notes something still does no harm.
CREATE OR REPLACE FUNCTION watching_usage() RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT false $$;
DELETE FROM usage_change

-- name: require_read_committed
SELECT usage_require_read_committed(%(what)s)

-- name: take
-- Take away what was noted and is committed. What waits to be folded is told as well, and stays. Where nothing is stored, everybody
-- may have changed in the months of days that are not sealed, or were sealed after `since`.
WITH taken AS (
    DELETE FROM usage_change RETURNING day, subscriptions, beyond
)
SELECT day, subscriptions, coalesce(beyond, subscriptions), false FROM taken WHERE subscriptions IS NOT NULL
UNION ALL
SELECT day, array_agg(DISTINCT subscription_id), '{}', true FROM usage_unfolded GROUP BY day
UNION ALL
SELECT DISTINCT usage_month(day), NULL::bigint[], NULL::bigint[], false
FROM (
    SELECT day FROM taken WHERE subscriptions IS NULL
    UNION ALL
    SELECT day
    FROM usage_day
    WHERE NOT usage_stores()
      AND (state IN ('open', 'sealing') OR %(since)s::timestamptz IS NULL OR sealed_at >= %(since)s::timestamptz)
) AS months

-- name: waiting
-- How many notes wait to be taken.
SELECT count(*) FROM usage_change

-- name: users_in_month
-- Every subscription with usage in a month, or those who may come to so much below the ceilings they have, for one usage type or for
-- both.
SELECT array_agg(subscription_id)
FROM (
    SELECT subscription_id
    FROM usage_monthly
    WHERE month + 0 = %(month)s  -- as the index has it
    GROUP BY subscription_id
    HAVING %(least)s::numeric IS NULL OR sum(greatest(price, 0)) >= usage_least_price(%(least)s::numeric)
) AS users
