-- name: begin
-- What a writer locks, before anything else: a change of strategy waits for it, so the strategy that is found afterwards holds
-- until the end of the transaction.
LOCK TABLE ONLY data_usage_record, ONLY voice_usage_record IN ROW EXCLUSIVE MODE

-- name: one_at_a_time
-- Loads of more than one day count the same months twice, days between: two at once would wait for each other in a circle.
-- Loads of a single day pass each other.
SELECT pg_advisory_xact_lock(hashtext('recording_bulk'))

-- name: together
SELECT pg_advisory_xact_lock_shared(hashtext('recording_bulk'))

-- name: copy_data
-- {partition} is the day's.
COPY {partition} (record_id, usage_date, subscription_id, price, kilobytes_used) FROM STDIN (FORMAT binary)

-- name: copy_voice
COPY {partition} (record_id, usage_date, subscription_id, price, seconds_used) FROM STDIN (FORMAT binary)

-- name: stage_keys
-- A place for the keys to look for, and room in memory for a hash of those of a large part.
SET LOCAL work_mem = '128MB';
CREATE TEMPORARY TABLE IF NOT EXISTS usage_key (
    record_id text COLLATE "C" NOT NULL,
    usage_date timestamptz NOT NULL,
    subscription_id bigint NOT NULL,
    position bigint NOT NULL
) ON COMMIT DELETE ROWS;
TRUNCATE usage_key

-- name: copy_keys
COPY usage_key (record_id, usage_date, subscription_id, position) FROM STDIN (FORMAT binary)

-- name: new_keys
-- The positions of the keys that {table} does not hold. The bounds let the planner leave out partitions, and parts of an index.
SELECT position
FROM usage_key
WHERE NOT EXISTS (
    SELECT FROM {table} AS stored
    WHERE (stored.record_id, stored.usage_date, stored.subscription_id)
        = (usage_key.record_id, usage_key.usage_date, usage_key.subscription_id)
      AND stored.usage_date BETWEEN %(first)s AND %(last)s
      AND stored.record_id BETWEEN %(least)s AND %(most)s
)

-- name: any_known
-- Whether {table} holds one of some keys.
SELECT EXISTS (
    SELECT FROM unnest(%(record_ids)s::text[], %(moments)s::timestamptz[], %(subscriptions)s::bigint[])
        AS key (record_id, usage_date, subscription_id)
    JOIN {table} AS stored ON stored.record_id = key.record_id COLLATE "C"
        AND stored.usage_date = key.usage_date AND stored.subscription_id = key.subscription_id
    WHERE stored.usage_date BETWEEN %(first)s AND %(last)s
)

-- name: stage_records
-- A place for records with their amounts.
CREATE TEMPORARY TABLE IF NOT EXISTS usage_staged (
    record_id text COLLATE "C" NOT NULL,
    usage_date timestamptz NOT NULL,
    subscription_id bigint NOT NULL,
    price numeric(14, 4) NOT NULL,
    used bigint NOT NULL,
    usage_type text COLLATE "C" NOT NULL,
    position bigint NOT NULL
) ON COMMIT DELETE ROWS;
TRUNCATE usage_staged

-- name: copy_records
COPY usage_staged (record_id, usage_date, subscription_id, price, used, usage_type, position) FROM STDIN (FORMAT binary)

-- name: count
-- Follows by what the strategy needs to count records that nothing in the database counts.
WITH recorded_usage AS (
    SELECT subscription_id, usage_type, usage_date, used, price FROM usage_staged
)

-- name: counted
SELECT 1

-- name: replace
-- Put the amounts of staged records in the place of those stored, where they differ; say which did. Rows are locked in the
-- order of their keys.
WITH differing AS MATERIALIZED (
    SELECT stored.record_id, stored.usage_date, stored.subscription_id, staged.price, staged.used, staged.position
    FROM {table} AS stored
    JOIN usage_staged AS staged USING (record_id, usage_date, subscription_id)
    WHERE staged.usage_type = %(usage_type)s
      AND (stored.price, stored.{quantity}) <> (staged.price, staged.used)
    ORDER BY 1, 2, 3
    FOR UPDATE OF stored
)
UPDATE {table} AS stored SET price = differing.price, {quantity} = differing.used
FROM differing
WHERE (stored.record_id, stored.usage_date, stored.subscription_id)
    = (differing.record_id, differing.usage_date, differing.subscription_id)
RETURNING differing.position

-- name: look_up
-- How many current subscriptions each name stands for, which, and in what plan. {column} is the column of the name.
SELECT asked.name, count(found.id), min(found.id), coalesce(min(plan.name), '')
FROM unnest(%(names)s::text[]) AS asked (name)
LEFT JOIN subscription AS found ON found.{column} = asked.name AND found.deleted_at IS NULL
LEFT JOIN plan ON plan.id = found.plan_id
GROUP BY asked.name

-- name: look_up_ids
SELECT asked.name, count(found.id), min(found.id), coalesce(min(plan.name), '')
FROM unnest(%(names)s::text[]) AS asked (name)
LEFT JOIN subscription AS found ON found.id = asked.name::bigint AND found.deleted_at IS NULL
LEFT JOIN plan ON plan.id = found.plan_id
GROUP BY asked.name

-- name: still_named
-- Whether each name stands for the one subscription that it was found to.
SELECT coalesce(count(*) = cardinality(%(names)s::text[]) AND bool_and(found.id = named.id), true)
FROM unnest(%(names)s::text[], %(ids)s::bigint[]) AS named (name, id)
LEFT JOIN subscription AS found ON found.{column} = named.name AND found.deleted_at IS NULL

-- name: still_current
SELECT coalesce(bool_and(found.id IS NOT NULL), true)
FROM unnest(%(ids)s::bigint[]) AS named (id)
LEFT JOIN subscription AS found ON found.id = named.id AND found.deleted_at IS NULL
