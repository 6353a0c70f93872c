-- name: lock
-- Whoever holds this keeps the strategy from changing until the end of the transaction: a switch waits for all who write. ONLY,
-- since locking the partitions too would take as long as there are days.
LOCK TABLE ONLY data_usage_record, ONLY voice_usage_record IN ROW EXCLUSIVE MODE

-- name: named_by_id
-- The strategy there is, whether two moments fall on one business day, and those of some ids that are of no current
-- subscription; of the carrier alone, if one is given.
SELECT name, usage_business_day(%(first)s::timestamptz) = usage_business_day(%(last)s::timestamptz), ARRAY(
    SELECT named.id
    FROM unnest(%(names)s::bigint[]) AS named (id)
    WHERE NOT EXISTS (SELECT FROM subscription AS found WHERE found.id = named.id AND found.deleted_at IS NULL
                      AND (%(carrier)s::text IS NULL OR found.carrier = %(carrier)s::text))
), NULL, NULL
FROM active_strategy

-- name: named_by_text
-- The same, and for each of some different names how many current subscriptions it stands for, and which: {column} is the column
-- of the name.
SELECT active_strategy.name, usage_business_day(%(first)s::timestamptz) = usage_business_day(%(last)s::timestamptz),
       array_agg(named.name), array_agg(candidates), array_agg(id)
FROM active_strategy, (
    SELECT named.name, count(found.id) AS candidates, coalesce(min(found.id), 0) AS id
    FROM unnest(%(names)s::text[]) AS named (name)
    LEFT JOIN subscription AS found ON found.{column} = named.name AND found.deleted_at IS NULL
        AND (%(carrier)s::text IS NULL OR found.carrier = %(carrier)s::text)
    GROUP BY named.name
) AS named
GROUP BY active_strategy.name

-- name: copy_data
COPY data_usage_record (record_id, usage_date, subscription_id, price, kilobytes_used) FROM STDIN

-- name: copy_voice
COPY voice_usage_record (record_id, usage_date, subscription_id, price, seconds_used) FROM STDIN

-- name: recorded
-- What was copied, for a strategy that counts it by this statement. The usage type is no key to group by where there is one.
-- Arrays unnested in the list of columns need no table in between, as they do in FROM.
WITH recorded_usage AS (
    SELECT %(usage_type)s::text COLLATE "C" AS usage_type, unnest(%(subscription)s::bigint[]) AS subscription_id,
           unnest(%(usage_date)s::timestamptz[]) AS usage_date, unnest(%(quantity)s::bigint[]) AS used,
           unnest(%(price)s::numeric(14, 4)[]) AS price
)

-- name: recorded_of_both
-- The same of data and voice.
WITH recorded_usage AS (
    SELECT 'data'::text COLLATE "C" AS usage_type, unnest(%(data_subscription)s::bigint[]) AS subscription_id,
           unnest(%(data_usage_date)s::timestamptz[]) AS usage_date, unnest(%(data_quantity)s::bigint[]) AS used,
           unnest(%(data_price)s::numeric(14, 4)[]) AS price
    UNION ALL
    SELECT 'voice'::text COLLATE "C", unnest(%(voice_subscription)s::bigint[]), unnest(%(voice_usage_date)s::timestamptz[]),
           unnest(%(voice_quantity)s::bigint[]), unnest(%(voice_price)s::numeric(14, 4)[])
)

-- name: recorded_on_a_day
-- The same where all is of one type and business day: what the planner sees to be constant is neither grouped nor sorted by.
WITH recorded_usage AS (
    SELECT %(usage_type)s::text COLLATE "C" AS usage_type, %(usage_date)s::timestamptz AS usage_date, subscription_id, used, price
    FROM (
        SELECT unnest(%(subscription)s::bigint[]) AS subscription_id, unnest(%(quantity)s::bigint[]) AS used,
               unnest(%(price)s::numeric(14, 4)[]) AS price
    ) AS copied
)

-- name: in_order
-- Let joins keep the order of the keys, in which sessions wait for each other, and read no table whole that is filled meanwhile.
SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_seqscan = off

-- name: in_any_order
SET LOCAL enable_hashjoin = DEFAULT; SET LOCAL enable_mergejoin = DEFAULT; SET LOCAL enable_seqscan = DEFAULT

-- name: counted
SELECT
