-- name: append
-- Append what changed: an element for each record, a row for each day and whether records were added or taken away, with a hundred thousand
-- elements at most, since an array has a limit, and so has the memory to build it in.
INSERT INTO usage_delta (usage_type, day, subscriptions, used, prices, records)
SELECT usage_type, day, array_agg(subscription_id), array_agg(used), array_agg(price), records * count(*)
FROM (SELECT changed_usage.*, (row_number() OVER () - 1) / 100000 AS part FROM changed_usage) AS numbered
GROUP BY usage_type, day, records, part
