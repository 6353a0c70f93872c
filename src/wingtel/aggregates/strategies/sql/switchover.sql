-- name: lock_timeout
-- A session that waits longer than this for a lock rolls back and tries again. PostgreSQL would look for a deadlock later
-- (deadlock_timeout, a second), and end one of the writers.
SET LOCAL lock_timeout = '500ms'

-- name: lock
-- Wait for all writers, and make new ones wait. Readers go on.
SELECT usage_require_read_committed('a change of strategy');
SELECT usage_lock_raw_tables('SHARE ROW EXCLUSIVE', with_partitions => true);
SELECT usage_lock_stored()

-- name: lock_out
-- Wait for readers too, since dropping a trigger needs it. Take the strongest lock at once: raising a weaker one can deadlock.
SELECT usage_lock_raw_tables('ACCESS EXCLUSIVE', with_partitions => true)

-- name: forget_stored
-- Delete stored aggregates that were not maintained: raw records may have changed since. Those of expired days are right.
TRUNCATE wingtel_monthly_usage, wingtel_lifetime_usage;
DELETE FROM wingtel_daily_usage WHERE day NOT IN (SELECT day FROM wingtel_usage_day WHERE state = 'expired');
INSERT INTO wingtel_usage_change (day) SELECT NULL WHERE usage_capture_enabled()

-- name: days
-- The days that have partitions, and those that only have adjustments.
SELECT day FROM usage_partition
UNION
SELECT day FROM wingtel_usage_adjustment WHERE day NOT IN (SELECT day FROM wingtel_usage_day WHERE state = 'expired')
ORDER BY day
