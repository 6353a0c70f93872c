-- name: lock
-- Whoever holds this keeps the strategy from changing until the end of the transaction: a switch waits for all who write. ONLY,
-- since locking the partitions too would take as long as there are days.
LOCK TABLE ONLY data_usage_record, ONLY voice_usage_record IN ROW EXCLUSIVE MODE

-- name: named_by_id
-- The strategy there is, and those of some ids that are of no current subscription.
SELECT name, ARRAY(
    SELECT named.id
    FROM unnest(%(names)s::bigint[]) AS named (id)
    WHERE NOT EXISTS (SELECT FROM subscription AS found WHERE found.id = named.id AND found.deleted_at IS NULL)
), NULL, NULL
FROM active_strategy

-- name: named_by_text
-- The strategy there is, and for each of some different names how many current subscriptions it stands for, and which: {column}
-- is the column of the name.
SELECT active_strategy.name, array_agg(named.name), array_agg(candidates), array_agg(id)
FROM active_strategy, (
    SELECT named.name, count(found.id) AS candidates, coalesce(min(found.id), 0) AS id
    FROM unnest(%(names)s::text[]) AS named (name)
    LEFT JOIN subscription AS found ON found.{column} = named.name AND found.deleted_at IS NULL
    GROUP BY named.name
) AS named
GROUP BY active_strategy.name

-- name: copy_data
COPY data_usage_record (record_id, usage_date, subscription_id, price, kilobytes_used) FROM STDIN

-- name: copy_voice
COPY voice_usage_record (record_id, usage_date, subscription_id, price, seconds_used) FROM STDIN

-- name: recorded
-- What was copied, for a strategy that counts it by this statement. The usage type is no key to group by where there is one.
WITH recorded_usage AS (
    SELECT %(usage_type)s::text COLLATE "C" AS usage_type, subscription_id, usage_date, used, price
    FROM unnest(%(subscription)s::bigint[], %(usage_date)s::timestamptz[], %(quantity)s::bigint[], %(price)s::numeric(14, 4)[])
         AS copied (subscription_id, usage_date, used, price)
)

-- name: recorded_of_both
-- The same, data and voice: the first so many are data.
WITH recorded_usage AS (
    SELECT CASE WHEN number <= %(data)s::bigint THEN 'data' ELSE 'voice' END COLLATE "C" AS usage_type,
           subscription_id, usage_date, used, price
    FROM unnest(%(subscription)s::bigint[], %(usage_date)s::timestamptz[], %(quantity)s::bigint[], %(price)s::numeric(14, 4)[])
         WITH ORDINALITY AS copied (subscription_id, usage_date, used, price, number)
)

-- name: counted
SELECT
