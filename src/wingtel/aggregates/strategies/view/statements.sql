-- name: days_without_raw_records
-- Days that have stored aggregates and no partition: what was used on them cannot be computed any more.
SELECT count(*), min(day), max(day)
FROM (
    SELECT DISTINCT day FROM daily_usage WHERE records > 0
    EXCEPT
    SELECT to_date(right(inhrelid::regclass::text, 8), 'YYYYMMDD')
    FROM pg_inherits
    WHERE inhparent IN ('data_usage_record'::regclass, 'voice_usage_record'::regclass)
) AS gone (day)
