-- name: record
-- A single record. Without arrays, so that the plan is as good for any other parameters, and is reused.
WITH record AS (
    SELECT %(usage_type)s::text COLLATE "C" AS usage_type, %(record_id)s::text COLLATE "C" AS record_id,
           %(usage_date)s::timestamptz AS usage_date, %(identifier)s::text COLLATE "C" AS identifier,
           %(quantity)s::bigint AS quantity, %(price)s::numeric AS price
)

-- name: by_id
-- The record, if its subscription existed at its timestamp. With a carrier, only of that carrier.
, resolved AS MATERIALIZED (
    SELECT record.*, found.id AS subscription_id
    FROM record JOIN wingtel_subscription AS found ON found.id = record.identifier::bigint
        AND coalesce(record.usage_date < found.deleted_at, true)
        AND (%(carrier)s::text IS NULL OR found.carrier = %(carrier)s::text)
)

-- name: by_identifier
-- The same by a dated identifier: the record, if a subscription had the identifier at its timestamp.
, resolved AS MATERIALIZED (
    SELECT record.*, held.subscription_id
    FROM record JOIN wingtel_subscription_identifier AS held
        ON held.kind = %(kind)s::text AND held.value = record.identifier
        AND coalesce(held.valid_from <= record.usage_date, true) AND coalesce(record.usage_date < held.valid_to, true)
        AND (%(carrier)s::text IS NULL OR EXISTS (
            SELECT FROM wingtel_subscription WHERE id = held.subscription_id AND carrier = %(carrier)s::text))
)

-- name: store
-- Store the record if it has a subscription. The primary key rejects a duplicate, also one that another session stores now.
--
-- Nothing is stored if another strategy is active. The strategy cannot change until the end of the transaction: a switch waits
-- for the lock on the raw tables, which this statement has before it takes its snapshot.
, storable AS (
    SELECT * FROM resolved WHERE (SELECT name FROM wingtel_active_strategy) = %(strategy)s
),
batch AS (
    INSERT INTO wingtel_ingest_batch (origin, reference, name, first_line, ingested_at)
    SELECT %(origin)s::text, %(reference)s::text, %(name)s::text, %(first_line)s::bigint, now()
    FROM storable
    WHERE %(origin)s::text IS NOT NULL
    RETURNING id
),
data AS (
    INSERT INTO wingtel_data_usage_record (record_id, usage_date, subscription_id, price, kilobytes_used, source)
    SELECT record_id, usage_date, subscription_id, price, quantity, (SELECT id * {batch_lines} FROM batch)
    FROM storable
    WHERE usage_type = 'data'
    ON CONFLICT DO NOTHING
    RETURNING record_id, usage_date, subscription_id, price, kilobytes_used AS used
),
voice AS (
    INSERT INTO wingtel_voice_usage_record (record_id, usage_date, subscription_id, price, seconds_used, source)
    SELECT record_id, usage_date, subscription_id, price, quantity, (SELECT id * {batch_lines} FROM batch)
    FROM storable
    WHERE usage_type = 'voice'
    ON CONFLICT DO NOTHING
    RETURNING record_id, usage_date, subscription_id, price, seconds_used AS used
),
sms AS (
    INSERT INTO wingtel_sms_usage_record (record_id, usage_date, subscription_id, price, messages_sent, source)
    SELECT record_id, usage_date, subscription_id, price, quantity, (SELECT id * {batch_lines} FROM batch)
    FROM storable
    WHERE usage_type = 'sms'
    ON CONFLICT DO NOTHING
    RETURNING record_id, usage_date, subscription_id, price, messages_sent AS used
),
recorded_usage AS (
    SELECT 'data'::text COLLATE "C" AS usage_type, data.* FROM data
    UNION ALL
    SELECT 'voice'::text COLLATE "C", voice.* FROM voice
    UNION ALL
    SELECT 'sms'::text COLLATE "C", sms.* FROM sms
)

-- name: outcome
-- The active strategy, and true if the record was stored.
SELECT (SELECT name FROM wingtel_active_strategy), EXISTS (SELECT FROM recorded_usage)
