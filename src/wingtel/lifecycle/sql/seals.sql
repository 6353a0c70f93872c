-- name: lock_timeout
-- A session that waits for a writer gives way to others in between.
SET LOCAL lock_timeout = '100ms'

-- name: attach_triggers
-- Make every write to the day's raw records reopen it from now on.
SELECT usage_reopen_on_write(%(day)s)

-- name: state
-- The day's state, locked until the transaction ends, and true if the day is over.
SELECT state, day < usage_business_day(now()) FROM wingtel_usage_day WHERE day = %(day)s FOR UPDATE

-- name: sealing
UPDATE wingtel_usage_day SET state = 'sealing' WHERE day = %(day)s

-- name: seal
-- Seal the day with the sums of its raw records when they were proven, unless a write reopened it since.
WITH sealed AS (
    UPDATE wingtel_usage_day SET state = 'sealed', sealed_at = now() WHERE day = %(day)s AND state = 'sealing' RETURNING day
)
INSERT INTO wingtel_usage_day_sum (day, usage_type, records, used, price, fingerprint)
SELECT day, of_type.*
FROM sealed
CROSS JOIN unnest(%(usage_types)s::text[], %(records)s::bigint[], %(used)s::numeric[], %(prices)s::numeric[], %(fingerprints)s::numeric[])
    AS of_type
ON CONFLICT (day, usage_type) DO UPDATE SET
    records = excluded.records, used = excluded.used, price = excluded.price, fingerprint = excluded.fingerprint

-- name: open
UPDATE wingtel_usage_day SET state = 'open' WHERE day = %(day)s AND state = 'sealing'

-- name: due
-- Days that are over and not sealed.
SELECT day FROM wingtel_usage_day
WHERE state IN ('open', 'sealing') AND day <= usage_business_day(now()) - %(after)s
  AND to_regclass(format('wingtel_data_usage_record_%%s', to_char(day, 'YYYYMMDD'))) IS NOT NULL
ORDER BY day
