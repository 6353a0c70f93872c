-- name: days_without_raw_records
-- Days that have stored aggregates, but neither a partition nor a proven expiry: their usage can no longer be computed.
SELECT count(*), min(day), max(day)
FROM (
    SELECT DISTINCT day FROM wingtel_daily_usage WHERE records > 0
    EXCEPT
    SELECT day FROM wingtel_usage_day WHERE state = 'expired'
    EXCEPT
    SELECT day FROM usage_partition
) AS gone (day)
