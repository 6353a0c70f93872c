-- name: lock_timeout
-- The longest that other sessions wait for the drop of a partition: writers go first.
SET LOCAL lock_timeout = '25ms'

-- name: due
-- Sealed days past their retention.
SELECT day FROM wingtel_usage_day
WHERE state = 'sealed' AND day < usage_business_day(now()) - %(retention_days)s
ORDER BY day

-- name: lock
-- Wait until no session reads or writes the day's raw records, or rebuilds its aggregates from them.
SELECT usage_lock_day(%(day)s);
LOCK TABLE wingtel_daily_usage IN ROW EXCLUSIVE MODE

-- name: state
-- True if the day is still sealed as it was when it was proven. A write since then has reopened it, even if it was sealed again.
SELECT state = 'sealed' AND reopened = %(reopened)s FROM wingtel_usage_day WHERE day = %(day)s FOR UPDATE

-- name: expire
SELECT usage_drop_day(%(day)s);
UPDATE wingtel_usage_day
SET state = 'expired', expired_at = now()
WHERE day = %(day)s
