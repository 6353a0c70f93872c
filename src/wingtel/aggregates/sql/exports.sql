-- Whole answers, a row for each result, in the order of their pages. One statement each, so that an export is of one snapshot.
-- {from what was used} is the block `used` of queries.sql.

-- name: all_exceeding
-- Every usage type of every subscription whose price in a period reached a limit; the subscription with the largest price first.
SELECT subscription_id, usage_type, usage_money(price) AS total_price,
       usage_money(price - %(price_limit)s::numeric) AS exceeded_by, usage_currency() AS currency
FROM (
    SELECT subscription_id, usage_type, sum(price) AS price,
           max(sum(price)) OVER (PARTITION BY subscription_id) AS largest
    {from what was used}
    GROUP BY subscription_id, usage_type
    HAVING sum(price) >= %(price_limit)s::numeric
) AS reached
ORDER BY largest DESC, subscription_id, price DESC, usage_type

-- name: all_metrics
-- What was used and paid in a period, by subscription and usage type, in that order.
SELECT subscription_id, usage_type,
       CASE usage_type WHEN 'data' THEN %(data_unit)s ELSE %(voice_unit)s END AS unit,
       usage_money(sum(price)) AS total_price, sum(used) AS total_usage, sum(records) AS records,
       usage_currency() AS currency
{from what was used}
GROUP BY subscription_id, usage_type
ORDER BY subscription_id, usage_type

-- name: begin
-- The moment, and for how long the transaction's statements may run; 0 is for ever.
SELECT now(), set_config('statement_timeout', %(milliseconds)s, true)

-- name: as_csv
-- An answer as comma-separated lines without a header.
COPY ({answer}) TO STDOUT (FORMAT csv)
