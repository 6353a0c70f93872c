-- name: append
-- Put what changed aside, grouped.
INSERT INTO usage_delta (subscription_id, usage_type, day, used, price, records)
SELECT subscription_id, usage_type, day, sum(used)::bigint, sum(price), sum(records)
FROM changed_usage
GROUP BY subscription_id, usage_type, day
HAVING (sum(used), sum(price), sum(records)) <> (0, 0, 0)

-- name: become_the_folder
-- One session folds at a time; whoever comes second leaves it to the first.
SELECT pg_try_advisory_xact_lock(hashtext('usage_delta'))

-- name: take
-- Take the deltas that are committed away, to add them to the stored aggregates in the same statement: nobody sees them in
-- both places or in neither.
WITH taken AS MATERIALIZED (
    DELETE FROM usage_delta RETURNING subscription_id, usage_type, day, used, price, records
),
changed_usage AS (
    SELECT * FROM taken
)

-- name: lag
-- What waits to be folded: deltas, records in them, and since when the oldest waits.
SELECT count(*), coalesce(sum(records), 0), min(since) FROM usage_delta
