-- name: lock_tables
-- The first lock of a writer. A switch of strategies waits for it, so the strategy that is read next stays active until the end
-- of the transaction. ONLY, since locks on the partitions would take longer with each day.
LOCK TABLE ONLY wingtel_data_usage_record, ONLY wingtel_sms_usage_record, ONLY wingtel_voice_usage_record IN ROW EXCLUSIVE MODE

-- name: strategy
SELECT name FROM wingtel_active_strategy

-- name: share_partition_lock
-- Wait for a batch that is written partition by partition, and keep others like it out.
SELECT pg_advisory_xact_lock_shared(hashtext('ingest_partitions'))

-- name: take_partition_lock
-- Keep other writers out until the end of the transaction. A batch that is written partition by partition counts the same months
-- twice, with days between, so it could deadlock with another writer.
SELECT pg_advisory_xact_lock(hashtext('ingest_partitions'))

-- name: create_batch
INSERT INTO wingtel_ingest_batch (origin, reference, name, first_line, ingested_at) VALUES (%(origin)s, %(reference)s, %(name)s, %(first_line)s, now())
RETURNING id

-- name: copy
-- {table} is a raw table or one of its partitions.
COPY {table} (record_id, usage_date, subscription_id, price, {quantity}, source) FROM STDIN (FORMAT binary)

-- name: recorded
-- Ingested records of one usage type, for a strategy that counts them by a statement of its own. A constant is no key to group by.
-- Arrays that are unnested in the list of columns need no intermediate table, as they do in FROM.
WITH recorded_usage AS (
    SELECT %(usage_type)s::text COLLATE "C" AS usage_type, unnest(%(subscription)s::bigint[]) AS subscription_id,
           unnest(%(usage_date)s::timestamptz[]) AS usage_date, unnest(%(quantity)s::bigint[]) AS used,
           unnest(%(price)s::numeric[]) AS price
)

-- name: recorded_of_several
-- The same for several usage types.
WITH recorded_usage AS (
    SELECT unnest(%(usage_type)s::text[]) COLLATE "C" AS usage_type, unnest(%(subscription)s::bigint[]) AS subscription_id,
           unnest(%(usage_date)s::timestamptz[]) AS usage_date, unnest(%(quantity)s::bigint[]) AS used,
           unnest(%(price)s::numeric[]) AS price
)

-- name: recorded_on_a_day
-- The same for records of one type and business day: the planner neither groups nor sorts by a constant.
WITH recorded_usage AS (
    SELECT %(usage_type)s::text COLLATE "C" AS usage_type, %(usage_date)s::timestamptz AS usage_date, subscription_id, used, price
    FROM (
        SELECT unnest(%(subscription)s::bigint[]) AS subscription_id, unnest(%(quantity)s::bigint[]) AS used,
               unnest(%(price)s::numeric[]) AS price
    ) AS copied
)

-- name: in_order
-- Joins keep the order of the keys, so that sessions do not deadlock, and scan no table that is growing.
SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_seqscan = off

-- name: in_any_order
SET LOCAL enable_hashjoin = DEFAULT; SET LOCAL enable_mergejoin = DEFAULT; SET LOCAL enable_seqscan = DEFAULT

-- name: counted
SELECT 1

-- name: stage
-- A temporary table for records whose keys may be stored already, and memory for a hash of the keys of a large batch.
SET LOCAL work_mem = '128MB';
CREATE TEMPORARY TABLE IF NOT EXISTS staged_usage (
    record_id text COLLATE "C" NOT NULL,
    usage_date timestamptz NOT NULL,
    subscription_id bigint NOT NULL,
    price numeric NOT NULL,
    quantity bigint NOT NULL,
    position bigint NOT NULL
) ON COMMIT DELETE ROWS;
TRUNCATE staged_usage

-- name: copy_staged
COPY staged_usage (record_id, usage_date, subscription_id, price, quantity, position) FROM STDIN (FORMAT binary)

-- name: new_or_different
-- The positions of staged records that are not in {table} (stored amounts null), or are there with another amount.
-- The bounds let the planner prune partitions and parts of an index.
SELECT staged.position, stored.{quantity}, stored.price
FROM staged_usage AS staged
LEFT JOIN {table} AS stored
    ON (stored.record_id, stored.usage_date, stored.subscription_id)
     = (staged.record_id, staged.usage_date, staged.subscription_id)
    AND stored.usage_date BETWEEN %(first)s AND %(last)s
    AND stored.record_id BETWEEN %(least)s AND %(most)s
WHERE stored.record_id IS NULL OR (stored.{quantity}, stored.price) <> (staged.quantity, staged.price)

-- name: lock_references
-- No key prevents two sessions from storing one reference with two timestamps.
SELECT pg_advisory_xact_lock(hashtext('ingest_references'))

-- name: new_or_of_another_time
-- The same, if one reference and subscription is one record, and another timestamp counts as another amount.
SELECT position, quantity, price
FROM (
    SELECT DISTINCT ON (staged.position) staged.position, stored.record_id, stored.{quantity} AS quantity, stored.price,
           (stored.usage_date, stored.{quantity}, stored.price) = (staged.usage_date, staged.quantity, staged.price) AS is_same
    FROM staged_usage AS staged
    LEFT JOIN {table} AS stored
        ON (stored.record_id, stored.subscription_id) = (staged.record_id, staged.subscription_id)
        AND stored.usage_date BETWEEN staged.usage_date - %(around)s AND staged.usage_date + %(around)s
        AND stored.usage_date BETWEEN %(first)s - %(around)s AND %(last)s + %(around)s
        AND stored.record_id BETWEEN %(least)s AND %(most)s
    ORDER BY staged.position, is_same DESC NULLS LAST
) AS nearest
WHERE record_id IS NULL OR NOT is_same

-- name: replace
-- Replace the amounts of stored records with those of staged ones, where they differ. Rows are locked in the order of their keys.
WITH differing AS MATERIALIZED (
    SELECT stored.record_id, stored.usage_date, stored.subscription_id, staged.price, staged.quantity
    FROM {table} AS stored
    JOIN staged_usage AS staged USING (record_id, usage_date, subscription_id)
    WHERE (stored.price, stored.{quantity}) <> (staged.price, staged.quantity)
    ORDER BY 1, 2, 3
    FOR UPDATE OF stored
)
UPDATE {table} AS stored SET price = differing.price, {quantity} = differing.quantity
FROM differing
WHERE (stored.record_id, stored.usage_date, stored.subscription_id)
    = (differing.record_id, differing.usage_date, differing.subscription_id)

-- name: keep_conflicts
-- Store conflicts with both amounts. One that is stored already is skipped.
INSERT INTO wingtel_usage_conflict (usage_type, record_id, usage_date, subscription_id, stored_quantity, stored_price,
                            quantity, price, source, detected_at)
SELECT *, now()
FROM unnest(%(usage_type)s::text[], %(record_id)s::text[], %(usage_date)s::timestamptz[], %(subscription_id)s::bigint[],
            %(stored_quantity)s::bigint[], %(stored_price)s::numeric[], %(quantity)s::bigint[], %(price)s::numeric[],
            %(source)s::bigint[])
ON CONFLICT DO NOTHING
