-- name: patience
-- Whoever waits longer than this for a lock lets go of everything and begins again, before PostgreSQL would look for a deadlock
-- (deadlock_timeout, a second) and end one of the writers.
SET LOCAL lock_timeout = '500ms'

-- name: lock
-- Wait for all writers, and let new ones wait. Readers go on.
SELECT usage_require_read_committed('a change of strategy');
LOCK TABLE data_usage_record, voice_usage_record IN SHARE ROW EXCLUSIVE MODE;
SELECT usage_lock_stored()

-- name: lock_out
-- Wait for readers too, as dropping a trigger needs it: the strongest lock at once, since raising a weaker one can deadlock.
LOCK TABLE data_usage_record, voice_usage_record IN ACCESS EXCLUSIVE MODE

-- name: forget_stored
-- Nobody kept these, so they may tell of days whose raw records have changed or gone.
TRUNCATE usage_delta, daily_usage, monthly_usage, total_usage

-- name: days
-- The days that have partitions.
SELECT DISTINCT to_date(right(inhrelid::regclass::text, 8), 'YYYYMMDD')
FROM pg_inherits
WHERE inhparent IN ('data_usage_record'::regclass, 'voice_usage_record'::regclass)
ORDER BY 1

-- name: populate_day
SELECT usage_populate_days(%(day)s, %(day)s)

-- name: populate_months
SELECT usage_populate_months(date_trunc('month', %(first)s::timestamp)::date, date_trunc('month', %(last)s::timestamp)::date)

-- name: populate_totals
SELECT usage_populate_totals()
