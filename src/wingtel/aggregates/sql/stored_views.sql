-- The views that every reader reads, where the stored tables hold the aggregates.

CREATE OR REPLACE VIEW usage_daily AS
SELECT subscription_id, usage_type, day, used, price, records
FROM daily_usage
WHERE records > 0;

CREATE OR REPLACE VIEW usage_monthly AS
SELECT subscription_id, usage_type, month, used, price, records, price_band
FROM monthly_usage
WHERE records > 0;
