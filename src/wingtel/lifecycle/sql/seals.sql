-- name: lock_timeout
-- A session that waits for a writer gives way to others in between.
SET LOCAL lock_timeout = '100ms'

-- name: attach_triggers
-- Make every write to the day's raw records reopen it from now on.
SELECT usage_watch_day(%(day)s)

-- name: state
-- The day's state, locked until the transaction ends, and true if the day is over.
SELECT state, day < usage_business_day(now()) FROM usage_day WHERE day = %(day)s FOR UPDATE

-- name: sealing
UPDATE usage_day SET state = 'sealing' WHERE day = %(day)s

-- name: seal
-- Seal the day with the totals of its raw records when they were proven, unless a write reopened it since.
UPDATE usage_day
SET state = 'sealed', sealed_at = now(),
    data_records = %(data_records)s, kilobytes_used = %(kilobytes_used)s, data_price = %(data_price)s,
    data_fingerprint = %(data_fingerprint)s,
    voice_records = %(voice_records)s, seconds_used = %(seconds_used)s, voice_price = %(voice_price)s,
    voice_fingerprint = %(voice_fingerprint)s
WHERE day = %(day)s AND state = 'sealing'

-- name: open
UPDATE usage_day SET state = 'open' WHERE day = %(day)s AND state = 'sealing'

-- name: due
-- Days that are over and not sealed.
SELECT day FROM usage_day
WHERE state IN ('open', 'sealing') AND day <= usage_business_day(now()) - %(after)s
  AND to_regclass(format('data_usage_record_%%s', to_char(day, 'YYYYMMDD'))) IS NOT NULL
ORDER BY day
