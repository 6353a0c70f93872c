-- name: record
-- A single record. No array, so that the plan made for one set of parameters is as good for any other, and is kept.
WITH record AS (
    SELECT %(usage_type)s::text COLLATE "C" AS usage_type, %(record_id)s::text COLLATE "C" AS record_id,
           %(usage_date)s::timestamptz AS usage_date, %(identifier)s::text AS identifier,
           %(quantity)s::bigint AS quantity, %(price)s::numeric AS price
)

-- name: by_id
-- The number of current subscriptions that the identifier stands for, and one of them; of one carrier, if it is given.
, resolved AS MATERIALIZED (
    SELECT record.*, (found.id IS NOT NULL)::int AS candidates, found.id AS subscription_id
    FROM record LEFT JOIN subscription AS found ON found.id = record.identifier::bigint AND found.deleted_at IS NULL
        AND (%(carrier)s::text IS NULL OR found.carrier = %(carrier)s::text)
)

-- name: by_text
-- The same where several may have it: {column} is the column of the identifier.
, resolved AS MATERIALIZED (
    SELECT record.*, named.candidates, named.subscription_id
    FROM record CROSS JOIN LATERAL (
        SELECT count(found.id) AS candidates, min(found.id) AS subscription_id
        FROM subscription AS found
        WHERE found.{column} = record.identifier AND found.deleted_at IS NULL
            AND (%(carrier)s::text IS NULL OR found.carrier = %(carrier)s::text)
    ) AS named
)

-- name: store
-- Store the record if it has a subscription; the primary key refuses a duplicate, also one that another session stores now.
--
-- Nothing is stored under another strategy than the one whose statement this is. The strategy cannot change from here to the
-- end of the transaction: a switch waits for the lock on the raw tables, which this statement has before it takes its snapshot.
, storable AS (
    SELECT * FROM resolved WHERE candidates = 1 AND (SELECT name FROM active_strategy) = %(strategy)s
),
batch AS (
    INSERT INTO ingest_batch (origin, reference, name, first_line, ingested_at)
    SELECT %(origin)s::text, %(reference)s::text, %(name)s::text, %(first_line)s::bigint, now()
    FROM storable
    WHERE %(origin)s::text IS NOT NULL
    RETURNING id
),
data AS (
    INSERT INTO data_usage_record (record_id, usage_date, subscription_id, price, kilobytes_used, source)
    SELECT record_id, usage_date, subscription_id, price, quantity, (SELECT id * {batch_lines} FROM batch)
    FROM storable
    WHERE usage_type = 'data'
    ON CONFLICT DO NOTHING
    RETURNING record_id, usage_date, subscription_id, price, kilobytes_used AS used
),
voice AS (
    INSERT INTO voice_usage_record (record_id, usage_date, subscription_id, price, seconds_used, source)
    SELECT record_id, usage_date, subscription_id, price, quantity, (SELECT id * {batch_lines} FROM batch)
    FROM storable
    WHERE usage_type = 'voice'
    ON CONFLICT DO NOTHING
    RETURNING record_id, usage_date, subscription_id, price, seconds_used AS used
),
recorded_usage AS (
    SELECT 'data'::text COLLATE "C" AS usage_type, data.* FROM data
    UNION ALL
    SELECT 'voice'::text COLLATE "C", voice.* FROM voice
)

-- name: outcome
-- The active strategy, the number of subscriptions that the identifier stands for, and a flag that the record was stored.
SELECT (SELECT name FROM active_strategy), (SELECT candidates FROM resolved), EXISTS (SELECT FROM recorded_usage)
