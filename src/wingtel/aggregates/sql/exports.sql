-- Whole answers, a row for each result, in the order of their pages. One statement each, so that an export is of one snapshot.

-- name: all_exceeding
-- Every usage type of every subscription whose price in a period reached a limit; the subscription with the largest price first.
SELECT subscription_id, usage_type, price AS total_price, price - %(price_limit)s::numeric AS exceeded_by
FROM (
    SELECT subscription_id, usage_type, sum(price) AS price,
           max(sum(price)) OVER (PARTITION BY subscription_id) AS largest
    FROM (
        SELECT subscription_id, usage_type, price
        FROM usage_monthly
        WHERE %(with_months)s
          AND (%(first_month)s::date IS NULL OR month >= %(first_month)s::date)
          AND (%(last_month)s::date IS NULL OR month <= %(last_month)s::date)
        UNION ALL
        SELECT subscription_id, usage_type, price
        FROM usage_daily
        WHERE day BETWEEN %(edge_first)s::date AND %(edge_last)s::date
        UNION ALL
        SELECT subscription_id, usage_type, price
        FROM usage_daily
        WHERE day BETWEEN %(other_edge_first)s::date AND %(other_edge_last)s::date
    ) AS parts
    WHERE usage_type = ANY (%(usage_types)s::text[])
      AND (%(subscription_ids)s::bigint[] IS NULL OR subscription_id = ANY (%(subscription_ids)s::bigint[]))
      AND (%(carrier)s::text IS NULL OR subscription_id IN (SELECT id FROM subscription WHERE carrier = %(carrier)s::text))
    GROUP BY subscription_id, usage_type
    HAVING sum(price) >= %(price_limit)s::numeric
) AS reached
ORDER BY largest DESC, subscription_id, price DESC, usage_type

-- name: all_metrics
-- What was used and paid in a period, by subscription and usage type, in that order.
SELECT subscription_id, usage_type,
       CASE usage_type WHEN 'data' THEN %(data_unit)s ELSE %(voice_unit)s END AS unit,
       sum(price) AS total_price, sum(used) AS total_usage, sum(records) AS records
FROM (
    SELECT subscription_id, usage_type, price, used, records
    FROM usage_monthly
    WHERE %(with_months)s
      AND (%(first_month)s::date IS NULL OR month >= %(first_month)s::date)
      AND (%(last_month)s::date IS NULL OR month <= %(last_month)s::date)
    UNION ALL
    SELECT subscription_id, usage_type, price, used, records
    FROM usage_daily
    WHERE day BETWEEN %(edge_first)s::date AND %(edge_last)s::date
    UNION ALL
    SELECT subscription_id, usage_type, price, used, records
    FROM usage_daily
    WHERE day BETWEEN %(other_edge_first)s::date AND %(other_edge_last)s::date
) AS parts
WHERE usage_type = ANY (%(usage_types)s::text[])
  AND (%(subscription_ids)s::bigint[] IS NULL OR subscription_id = ANY (%(subscription_ids)s::bigint[]))
  AND (%(carrier)s::text IS NULL OR subscription_id IN (SELECT id FROM subscription WHERE carrier = %(carrier)s::text))
GROUP BY subscription_id, usage_type
ORDER BY subscription_id, usage_type

-- name: begin
-- The moment, and for how long the transaction's statements may run; 0 is for ever.
SELECT now(), set_config('statement_timeout', %(milliseconds)s, true)

-- name: as_csv
-- An answer as comma-separated lines without a header.
COPY ({answer}) TO STDOUT (FORMAT csv)
