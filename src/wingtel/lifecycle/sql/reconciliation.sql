-- name: proof
-- The number of keys of one day that differ, and the totals of its raw records, with which a day is sealed.
SELECT (SELECT count(*) FROM differing_days) AS differing,
       coalesce(sum(records) FILTER (WHERE usage_type = 'data'), 0)::bigint AS data_records,
       coalesce(sum(used) FILTER (WHERE usage_type = 'data'), 0) AS kilobytes_used,
       coalesce(sum(price) FILTER (WHERE usage_type = 'data'), 0) AS data_price,
       coalesce(sum(usage_key_hash(subscription_id, used, price, records)) FILTER (WHERE usage_type = 'data'), 0)
           AS data_fingerprint,
       coalesce(sum(records) FILTER (WHERE usage_type = 'voice'), 0)::bigint AS voice_records,
       coalesce(sum(used) FILTER (WHERE usage_type = 'voice'), 0) AS seconds_used,
       coalesce(sum(price) FILTER (WHERE usage_type = 'voice'), 0) AS voice_price,
       coalesce(sum(usage_key_hash(subscription_id, used, price, records)) FILTER (WHERE usage_type = 'voice'), 0)
           AS voice_fingerprint
FROM source

-- name: keys
-- The number of daily keys.
SELECT count(*) FROM usage_daily WHERE day BETWEEN %(first)s AND %(last)s
