-- name: drain
-- Remove the pending deltas that are committed, to merge them into the stored aggregates in the same statement. So no reader sees them in
-- both places or in neither.
WITH taken AS (
    DELETE FROM wingtel_usage_delta RETURNING usage_type, day, subscriptions, used, prices, records
),
changed_usage AS (
    SELECT delta.subscription_id, usage_type, day, delta.used, delta.price, sign(records)::integer AS records
    FROM taken
    CROSS JOIN LATERAL unnest(subscriptions, taken.used, prices) AS delta (subscription_id, used, price)
)

-- name: define_merge
-- The function that merges them.
CREATE OR REPLACE FUNCTION usage_merge_pending() RETURNS void
LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $merge$
BEGIN
    {merge};
END $merge$

-- name: define_due
-- Merge the pending deltas once more than 100 000 records are pending, so that answers stay fast even if no background process runs. One
-- session merges at a time; the others go on. Appending locks wingtel_daily_usage, as every change of aggregates does, so that
-- usage_lock_stored() waits for it.
--
-- The backlog is counted about ten times while it grows to that size, however small the statements are. Above READ COMMITTED, deltas
-- that another session merged meanwhile would be an error. A row that a long transaction has changed is not waited for.
DROP FUNCTION IF EXISTS usage_try_merge();  -- of an earlier version
CREATE OR REPLACE FUNCTION usage_merge_unless_locked() RETURNS boolean
LANGUAGE plpgsql SET lock_timeout = '100ms' AS $try$
BEGIN
    PERFORM usage_merge_pending();
    RETURN true;
EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
    RETURN false;  -- a later statement merges them
END $try$;

CREATE OR REPLACE FUNCTION usage_merge_when_due() RETURNS trigger
LANGUAGE plpgsql AS $due$
DECLARE
    largest_backlog constant bigint := 100000;
BEGIN
    LOCK TABLE wingtel_daily_usage IN ROW EXCLUSIVE MODE;
    IF random() * largest_backlog < 10 * (SELECT sum(abs(records)) FROM new_rows)
       AND current_setting('transaction_isolation') = 'read committed'
       AND (SELECT sum(abs(records)) FROM wingtel_usage_delta) > largest_backlog
       AND pg_try_advisory_xact_lock(hashtext('wingtel_usage_delta')) THEN
        PERFORM usage_merge_unless_locked();
    END IF;
    RETURN NULL;
END $due$;

CREATE OR REPLACE TRIGGER merge_when_due AFTER INSERT ON wingtel_usage_delta
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION usage_merge_when_due()

-- name: drop
DROP FUNCTION IF EXISTS usage_merge_when_due(), usage_merge_unless_locked(), usage_merge_pending() CASCADE

-- name: try_lock
-- One session merges at a time; the others leave it to that one.
SELECT pg_try_advisory_xact_lock(hashtext('wingtel_usage_delta'))

-- name: try_merge
-- Merge unless another session holds a row for long; return true if it is done.
SELECT usage_merge_unless_locked()

-- name: backlog
-- The number of records that are pending, added and taken away, and the time at which the oldest was written.
SELECT coalesce(sum(abs(records)), 0)::bigint, min(since) FROM wingtel_usage_delta
