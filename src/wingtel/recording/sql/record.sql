-- name: one_entry
-- A single entry. No array, so that the plan made for one set of parameters is as good for any other, and is kept.
WITH entry AS (
    SELECT 1::bigint AS index, %(usage_type)s::text COLLATE "C" AS usage_type, %(record_id)s::text COLLATE "C" AS record_id,
           %(usage_date)s::timestamptz AS usage_date, %(subscription)s::text AS subscription,
           %(quantity)s::bigint AS quantity, %(price)s::numeric(14, 4) AS price
)

-- name: entries
-- Entries as the columns of a table, each an array; counted from 1.
WITH entry AS MATERIALIZED (
    SELECT index, usage_type COLLATE "C" AS usage_type, record_id COLLATE "C" AS record_id,
           usage_date, subscription, quantity, price
    FROM unnest(%(usage_type)s::text[], %(record_id)s::text[], %(usage_date)s::timestamptz[], %(subscription)s::text[],
                %(quantity)s::bigint[], %(price)s::numeric(14, 4)[])
         WITH ORDINALITY AS entry (usage_type, record_id, usage_date, subscription, quantity, price, index)
)

-- name: named_by_id
-- How many current subscriptions each entry's name stands for, and which; of the carrier alone, if one is given.
, resolved AS MATERIALIZED (
    SELECT entry.*, (found.id IS NOT NULL)::int AS candidates, found.id AS subscription_id
    FROM entry LEFT JOIN subscription AS found ON found.id = entry.subscription::bigint AND found.deleted_at IS NULL
        AND (%(carrier)s::text IS NULL OR found.carrier = %(carrier)s::text)
)

-- name: named_by_text
-- The same where several may have it: {column} is the column of the name.
, named AS (
    SELECT name.subscription, count(found.id) AS candidates, min(found.id) AS subscription_id
    FROM (SELECT DISTINCT subscription FROM entry) AS name
    LEFT JOIN subscription AS found ON found.{column} = name.subscription AND found.deleted_at IS NULL
        AND (%(carrier)s::text IS NULL OR found.carrier = %(carrier)s::text)
    GROUP BY name.subscription
),
resolved AS MATERIALIZED (
    SELECT entry.*, named.candidates, named.subscription_id FROM entry JOIN named USING (subscription)
)

-- name: store
-- Store what has a subscription; the primary key refuses duplicates, also those that another session stores now. Rows go in by
-- their keys, data before voice, so that sessions which store the same ones wait for each other instead of deadlocking.
--
-- Nothing is stored under another strategy than the one whose statement this is. The strategy cannot change from here to the
-- end of the transaction: a switch waits for the lock on the raw tables, which this statement has before it takes its snapshot.
, storable AS (
    SELECT * FROM resolved WHERE candidates = 1 AND (SELECT name FROM active_strategy) = %(strategy)s
),
data AS (
    INSERT INTO data_usage_record (record_id, usage_date, subscription_id, price, kilobytes_used)
    SELECT record_id, usage_date, subscription_id, price, quantity
    FROM storable
    WHERE usage_type = 'data'
    ORDER BY record_id, usage_date, subscription_id, index
    ON CONFLICT DO NOTHING
    RETURNING record_id, usage_date, subscription_id, price, kilobytes_used AS used
),
voice AS (
    INSERT INTO voice_usage_record (record_id, usage_date, subscription_id, price, seconds_used)
    SELECT record_id, usage_date, subscription_id, price, quantity
    FROM storable
    WHERE usage_type = 'voice' AND (SELECT count(*) FROM data) >= 0
    ORDER BY record_id, usage_date, subscription_id, index
    ON CONFLICT DO NOTHING
    RETURNING record_id, usage_date, subscription_id, price, seconds_used AS used
),
recorded_usage AS (
    SELECT 'data'::text COLLATE "C" AS usage_type, data.* FROM data
    UNION ALL
    SELECT 'voice'::text COLLATE "C", voice.* FROM voice
)

-- name: outcome
-- The strategy there is, how many entries were stored, and which were not: [index, candidates] of those whose subscription is
-- unknown or ambiguous, and the indexes of the duplicates, which are looked for only when there are some.
SELECT
    (SELECT name FROM active_strategy),
    (SELECT count(*) FROM recorded_usage),
    (SELECT json_agg(json_build_array(index, candidates) ORDER BY index) FROM resolved WHERE candidates <> 1),
    CASE WHEN (SELECT count(*) FROM recorded_usage) < (SELECT count(*) FROM storable) THEN (
        SELECT json_agg(index ORDER BY index)
        FROM (
            SELECT *, row_number() OVER (
                PARTITION BY usage_type, record_id, usage_date, subscription_id ORDER BY index) AS occurrence
            FROM storable
        ) AS counted
        WHERE occurrence > 1 OR NOT EXISTS (
            SELECT FROM recorded_usage
            WHERE (recorded_usage.usage_type, recorded_usage.record_id, recorded_usage.usage_date, recorded_usage.subscription_id)
                = (counted.usage_type, counted.record_id, counted.usage_date, counted.subscription_id))
    ) END


-- name: days
-- The business days that need partitions.
SELECT DISTINCT usage_business_day(usage_date) FROM resolved WHERE candidates = 1
