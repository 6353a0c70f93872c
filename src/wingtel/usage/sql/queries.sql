-- name: time_zone
-- The zone whose midnights bound the business days.
SELECT usage_time_zone()

-- name: set_time_zone
SELECT usage_set_time_zone(%(zone)s)

-- name: currency
-- The operator's currency.
SELECT usage_currency()

-- name: fixed_settings
-- The settings that were taken when the database was first migrated.
SELECT usage_time_zone(), usage_currency()

-- name: business_days_of
-- The business days of some timestamps.
SELECT DISTINCT usage_business_day(at) FROM unnest(%(timestamps)s::timestamptz[]) AS at ORDER BY 1

-- name: rejected_days
-- The days that have no partition and may not get one, each with the cause and today's business day.
SELECT day,
       CASE WHEN state = 'expired' THEN 'expired' WHEN day > today THEN 'early' ELSE 'late' END,
       today
FROM unnest(%(days)s::date[]) AS day
LEFT JOIN wingtel_usage_day USING (day)
CROSS JOIN (SELECT usage_business_day(now())) AS clock (today)
WHERE (state = 'expired' OR day NOT BETWEEN coalesce(%(since)s::date, today - %(max_lateness_days)s) AND today + %(max_future_days)s)
  AND to_regclass(format('wingtel_data_usage_record_%%s', to_char(day, 'YYYYMMDD'))) IS NULL
ORDER BY day

-- name: days_ahead
-- Today's business day and those after it.
SELECT usage_business_day(now()) + ahead FROM generate_series(0, %(max_future_days)s) AS ahead

-- name: ensure_partitions
-- Create the missing partitions of all raw tables for some days; a row for each that was created.
SELECT raw::text, partition, day
FROM unnest(%(days)s::date[]) AS day
CROSS JOIN usage_raw_table
CROSS JOIN LATERAL usage_ensure_partition(raw, day) AS partition
WHERE partition IS NOT NULL
ORDER BY day, raw::text

-- name: partitions
-- All partitions of the raw tables.
SELECT raw::text, partition::text FROM usage_partition ORDER BY 1, 2

-- name: insert_one
-- Follows Django's INSERT of one record: the change is the record, and there is nothing to group.
RETURNING usage_change_events_enabled(), subscription_id, usage_business_day(usage_date), {quantity}, price, 1

-- name: write_unless_enabled
-- Run a write of the ORM that does nothing if change events are enabled. Return whether they are, and the number of rows written.
WITH written AS ({write} RETURNING 1)
SELECT usage_change_events_enabled(), count(*) FROM written

-- name: write_with_changes
-- Run a write that returns its changes (one of the three below): a row for each change, or one row without a change.
--
-- The write holds the lock that keeps usage_change_events_enabled() as it is until commit.
WITH {write},
changes AS (
    SELECT subscription_id, usage_business_day(usage_date) AS day,
           sum(used) AS used, sum(price) AS price, sum(records)::bigint AS records
    FROM changed
    GROUP BY 1, 2
    HAVING (sum(used), sum(price), sum(records)) <> (0, 0, 0)
)
SELECT usage_change_events_enabled(), done.rows, missed.*, changes.*
FROM (SELECT count(*) FROM written) AS done (rows)
CROSS JOIN (SELECT array_agg(record_id), array_agg(usage_date), array_agg(subscription_id) FROM missed) AS missed
LEFT JOIN changes ON true
ORDER BY changes.subscription_id, changes.day

-- name: insert
-- Count only the rows that were inserted.
written AS ({write} RETURNING record_id, usage_date, subscription_id, {quantity} AS used, price),
changed AS (SELECT subscription_id, usage_date, used, price, 1 AS records FROM written),
missed AS (SELECT record_id, usage_date, subscription_id FROM written LIMIT 0)

-- name: update
-- The rows are locked first, in the order of their keys, and read once they are locked: another session may have changed them meanwhile.
-- If it changed a key, the UPDATE, which looks for the rows as they were when it began, misses the row. It is returned, to be tried
-- again. The condition is repeated, so that the planner skips the partitions that it excludes both times.
before AS MATERIALIZED (
    SELECT record_id AS old_record_id, usage_date AS old_date, subscription_id AS old_subscription_id,
           {quantity} AS old_used, price AS old_price
    FROM {table}
    WHERE {where}
    ORDER BY record_id, usage_date, subscription_id
    FOR UPDATE
),
written AS (
    {write}
    FROM before
    WHERE record_id = old_record_id AND usage_date = old_date AND subscription_id = old_subscription_id
      AND {where}
    RETURNING before.*, usage_date AS new_date, subscription_id AS new_subscription_id, {quantity} AS new_used,
              price AS new_price
),
changed (subscription_id, usage_date, used, price, records) AS (
    SELECT old_subscription_id, old_date, -old_used, -old_price, -1 FROM written
    UNION ALL
    SELECT new_subscription_id, new_date, new_used, new_price, 1 FROM written
),
missed (record_id, usage_date, subscription_id) AS (
    SELECT old_record_id, old_date, old_subscription_id FROM before
    EXCEPT ALL
    SELECT old_record_id, old_date, old_subscription_id FROM written
)

-- name: delete
-- Lock rows like the update, so that the two never deadlock.
before AS MATERIALIZED (
    SELECT record_id AS old_record_id, usage_date AS old_date, subscription_id AS old_subscription_id
    FROM {table}
    WHERE {where}
    ORDER BY record_id, usage_date, subscription_id
    FOR UPDATE
),
written AS (
    DELETE FROM {table}
    USING before
    WHERE record_id = old_record_id AND usage_date = old_date AND subscription_id = old_subscription_id
      AND {where}
    RETURNING before.*, {quantity} AS old_used, price AS old_price
),
changed (subscription_id, usage_date, used, price, records) AS (
    SELECT old_subscription_id, old_date, -old_used, -old_price, -1 FROM written
),
missed (record_id, usage_date, subscription_id) AS (
    SELECT old_record_id, old_date, old_subscription_id FROM before
    EXCEPT ALL
    SELECT old_record_id, old_date, old_subscription_id FROM written
)

-- name: delete_spent_batches
-- Delete the ingested batches whose raw records have all expired: all days that they can have are before the first partition.
DELETE FROM wingtel_ingest_batch
WHERE ingested_at < usage_day_start((
    SELECT min(day) FROM usage_partition
) - %(max_future_days)s::integer)
