-- name: patience
-- Whoever waits for a writer lets others by in between.
SET LOCAL lock_timeout = '100ms'

-- name: watch
-- From now on every write to the day's raw records opens it again.
SELECT usage_watch_day(%(day)s)

-- name: state
-- The day's state, which stays until the transaction ends, and whether the day is over.
SELECT state, day < usage_business_day(now()) FROM usage_day WHERE day = %(day)s FOR UPDATE

-- name: sealing
UPDATE usage_day SET state = 'sealing' WHERE day = %(day)s

-- name: store
-- Compute the day's aggregates where nobody has kept them.
SELECT usage_require_read_committed('sealing');
SELECT usage_lock_stored();
SELECT usage_populate_days(%(day)s, %(day)s)

-- name: seal
-- Seal the day with the sums of its raw records, unless a write opened it again.
UPDATE usage_day
SET state = 'sealed', sealed_at = now(),
    data_records = data.records, kilobytes_used = data.used, data_price = data.price,
    voice_records = voice.records, seconds_used = voice.used, voice_price = voice.price
FROM (
    SELECT count(*) AS records, coalesce(sum(kilobytes_used), 0) AS used, coalesce(sum(price), 0) AS price
    FROM data_usage_record
    WHERE usage_date >= usage_day_start(%(day)s) AND usage_date < usage_day_start(%(day)s::date + 1)
) AS data, (
    SELECT count(*) AS records, coalesce(sum(seconds_used), 0) AS used, coalesce(sum(price), 0) AS price
    FROM voice_usage_record
    WHERE usage_date >= usage_day_start(%(day)s) AND usage_date < usage_day_start(%(day)s::date + 1)
) AS voice
WHERE day = %(day)s AND state = 'sealing'

-- name: open
UPDATE usage_day SET state = 'open' WHERE day = %(day)s AND state = 'sealing'

-- name: due
-- Days that are over, and not sealed.
SELECT day FROM usage_day
WHERE state IN ('open', 'sealing') AND day <= usage_business_day(now()) - %(after)s
  AND to_regclass(format('data_usage_record_%%s', to_char(day, 'YYYYMMDD'))) IS NOT NULL
ORDER BY day
