-- name: time_zone
-- The zone whose midnights bound the business days.
SELECT usage_time_zone()

-- name: set_time_zone
SELECT usage_set_time_zone(%(zone)s)

-- name: business_days_of
-- The business days of some moments.
SELECT DISTINCT usage_business_day(moment) FROM unnest(%(moments)s::timestamptz[]) AS moment ORDER BY 1

-- name: ensure_partitions
-- Make what is missing of both raw tables' partitions for some days; a row for each that was made.
SELECT parent::regclass::text, partition, day
FROM unnest(%(days)s::date[]) AS day
CROSS JOIN (VALUES ('data_usage_record'), ('voice_usage_record')) AS raw (parent)
CROSS JOIN LATERAL usage_ensure_partition(parent::regclass, day) AS partition
WHERE partition IS NOT NULL
ORDER BY day, parent

-- name: partitions
-- Every partition of the raw tables.
SELECT inhparent::regclass::text, inhrelid::regclass::text
FROM pg_inherits
WHERE inhparent IN ('data_usage_record'::regclass, 'voice_usage_record'::regclass)
ORDER BY 1, 2
