-- name: lock_timeout
-- A session that waits longer than this for a lock rolls back and tries again. PostgreSQL would look for a deadlock later
-- (deadlock_timeout, a second), and end one of the writers.
SET LOCAL lock_timeout = '500ms'

-- name: lock
-- Wait for all writers, and make new ones wait. Readers go on.
SELECT usage_require_read_committed('a change of strategy');
LOCK TABLE data_usage_record, voice_usage_record IN SHARE ROW EXCLUSIVE MODE;
SELECT usage_lock_stored()

-- name: lock_out
-- Wait for readers too, since dropping a trigger needs it. Take the strongest lock at once: raising a weaker one can deadlock.
LOCK TABLE data_usage_record, voice_usage_record IN ACCESS EXCLUSIVE MODE

-- name: forget_stored
-- Delete stored aggregates that were not maintained: raw records may have changed since. Those of expired days are right.
TRUNCATE monthly_usage, total_usage;
DELETE FROM daily_usage WHERE day NOT IN (SELECT day FROM usage_day WHERE state = 'expired');
INSERT INTO usage_change (day) SELECT NULL WHERE watching_usage()

-- name: days
-- The days that have partitions, and those that only have adjustments.
SELECT to_date(right(inhrelid::regclass::text, 8), 'YYYYMMDD') AS day
FROM pg_inherits
WHERE inhparent IN ('data_usage_record'::regclass, 'voice_usage_record'::regclass)
UNION
SELECT day FROM usage_adjustment WHERE day NOT IN (SELECT day FROM usage_day WHERE state = 'expired')
ORDER BY day
