-- name: append
-- Append the changes: an element for each record, and separate rows for each day and for records added and taken away. A row has at most
-- a hundred thousand elements, since arrays, and the memory to build them, are limited.
INSERT INTO wingtel_usage_delta (usage_type, day, subscriptions, used, prices, records)
SELECT usage_type, day, array_agg(subscription_id), array_agg(used), array_agg(price), records * count(*)
FROM (SELECT changed_usage.*, (row_number() OVER () - 1) / 100000 AS part FROM changed_usage) AS numbered
GROUP BY usage_type, day, records, part
