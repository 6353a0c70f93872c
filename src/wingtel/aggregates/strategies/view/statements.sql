-- name: days_without_raw_records
-- Days that have stored aggregates, but neither a partition nor a proven expiry: their usage can no longer be computed.
SELECT count(*), min(day), max(day)
FROM (
    SELECT DISTINCT day FROM daily_usage WHERE records > 0
    EXCEPT
    SELECT day FROM usage_day WHERE state = 'expired'
    EXCEPT
    SELECT to_date(right(inhrelid::regclass::text, 8), 'YYYYMMDD')
    FROM pg_inherits
    WHERE inhparent IN ('data_usage_record'::regclass, 'voice_usage_record'::regclass)
) AS gone (day)
