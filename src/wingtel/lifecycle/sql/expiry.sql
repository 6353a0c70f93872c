-- name: patience
-- The longest that others wait for the drop of a partition: writers go first.
SET LOCAL lock_timeout = '25ms'

-- name: due
-- Sealed days past their retention.
SELECT day FROM usage_day
WHERE state = 'sealed' AND day < usage_business_day(now()) - %(retention_days)s
ORDER BY day

-- name: lock
-- Wait until nobody reads or writes the day's raw records, nor computes its aggregates anew from them.
SELECT usage_lock_day(%(day)s);
LOCK TABLE daily_usage IN ROW EXCLUSIVE MODE

-- name: state
-- True where the day is still sealed as it was when it was proven: a write since has opened it, though it may be sealed anew.
SELECT state = 'sealed' AND reopened = %(reopened)s FROM usage_day WHERE day = %(day)s FOR UPDATE

-- name: expire
SELECT usage_drop_day(%(day)s);
UPDATE usage_day
SET state = 'expired', expired_at = now(),
    data_fingerprint = %(data_fingerprint)s, voice_fingerprint = %(voice_fingerprint)s
WHERE day = %(day)s
