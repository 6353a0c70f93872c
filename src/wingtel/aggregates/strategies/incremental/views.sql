-- Stored aggregates and pending deltas. Keys without a delta come directly from the stored tables, so that their indexes and order
-- are used; keys with one are summed.

CREATE OR REPLACE VIEW usage_pending_delta AS
SELECT element.subscription_id, usage_type, day, element.used, element.price, sign(records)::integer AS records
FROM wingtel_usage_delta
CROSS JOIN LATERAL unnest(subscriptions, wingtel_usage_delta.used, prices) AS element (subscription_id, used, price);

CREATE OR REPLACE VIEW usage_daily AS
SELECT subscription_id, usage_type, day, used, price, records
FROM wingtel_daily_usage AS stored
WHERE (used, price, records) <> (0, 0, 0)
  AND NOT EXISTS (SELECT FROM usage_pending_delta AS delta
                  WHERE delta.subscription_id = stored.subscription_id
                    AND delta.usage_type = stored.usage_type
                    AND delta.day = stored.day)
UNION ALL
SELECT delta.subscription_id, delta.usage_type, delta.day,
       (delta.used + coalesce(stored.used, 0))::numeric(38, 0),
       (delta.price + coalesce(stored.price, 0))::numeric(38, 8),
       (delta.records + coalesce(stored.records, 0))::bigint
FROM (
    SELECT subscription_id, usage_type, day, sum(used) AS used, sum(price) AS price, sum(records) AS records
    FROM usage_pending_delta
    GROUP BY subscription_id, usage_type, day
) AS delta
LEFT JOIN wingtel_daily_usage AS stored
    ON stored.subscription_id = delta.subscription_id AND stored.usage_type = delta.usage_type AND stored.day = delta.day
WHERE (delta.used + coalesce(stored.used, 0), delta.price + coalesce(stored.price, 0), delta.records + coalesce(stored.records, 0))
   <> (0, 0, 0);

CREATE OR REPLACE VIEW usage_monthly AS
SELECT subscription_id, usage_type, month, used, price, records
FROM wingtel_monthly_usage AS stored
WHERE (used, price, records) <> (0, 0, 0)
  AND NOT EXISTS (SELECT FROM usage_pending_delta AS delta
                  WHERE delta.subscription_id = stored.subscription_id
                    AND delta.usage_type = stored.usage_type
                    AND usage_month(delta.day) = stored.month)
UNION ALL
SELECT delta.subscription_id, delta.usage_type, delta.month,
       (delta.used + coalesce(stored.used, 0))::numeric(38, 0),
       (delta.price + coalesce(stored.price, 0))::numeric(38, 8),
       (delta.records + coalesce(stored.records, 0))::bigint
FROM (
    SELECT subscription_id, usage_type, usage_month(day) AS month,
           sum(used) AS used, sum(price) AS price, sum(records) AS records
    FROM usage_pending_delta
    GROUP BY 1, 2, 3
) AS delta
LEFT JOIN wingtel_monthly_usage AS stored
    ON stored.subscription_id = delta.subscription_id AND stored.usage_type = delta.usage_type
    AND stored.month = delta.month
WHERE (delta.used + coalesce(stored.used, 0), delta.price + coalesce(stored.price, 0), delta.records + coalesce(stored.records, 0))
   <> (0, 0, 0);
