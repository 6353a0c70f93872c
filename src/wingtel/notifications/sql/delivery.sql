-- name: insert_deliveries
-- Insert a delivery of an event of some alerts to each endpoint and e-mail address.
INSERT INTO wingtel_delivery (alert_id, event, endpoint_id, email, due_at, created_at)
SELECT alert.id, %(event)s, receiver.endpoint_id, receiver.email, clock_timestamp(), clock_timestamp()
FROM wingtel_alert AS alert
JOIN wingtel_price_limit AS price_limit ON price_limit.id = alert.price_limit_id
CROSS JOIN LATERAL (
    SELECT id AS endpoint_id, '' AS email FROM wingtel_webhook_endpoint WHERE enabled
    UNION ALL
    SELECT NULL, email FROM unnest(price_limit.emails) AS email
    UNION
    SELECT NULL, email FROM unnest(%(emails)s::text[]) AS email
) AS receiver
WHERE alert.id = ANY (%(alerts)s::bigint[])
ORDER BY alert.id, receiver.endpoint_id, receiver.email
