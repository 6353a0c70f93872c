-- name: recorded
-- What the recording service has just stored.
WITH changed_usage AS (
    SELECT subscription_id, usage_type, usage_business_day(usage_date) AS day, used, price, 1 AS records
    FROM recorded_usage
)
