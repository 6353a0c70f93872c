-- name: proof
-- The number of keys of one day that differ, and the sums of its raw records by usage type, with which a day is sealed.
SELECT (SELECT count(*) FROM differing_days), usage_type, coalesce(sum(records), 0)::bigint, coalesce(sum(used), 0),
       coalesce(sum(price), 0), coalesce(sum(usage_key_hash(subscription_id, used, price, records)), 0)
FROM unnest(%(usage_types)s::text[]) AS wanted (usage_type) LEFT JOIN source USING (usage_type)
GROUP BY usage_type

-- name: keys
-- The number of daily keys.
SELECT count(*) FROM usage_daily WHERE day BETWEEN %(first)s AND %(last)s
