-- Whole answers, a row for each result, in the order of their pages. One statement each, so that an export is of one snapshot.
-- {from what was used} is the block `used` of queries.sql.

-- name: all_exceeding
-- Every usage type of every subscription whose price in a period reached a limit; the subscription with the largest price first.
SELECT subscription_id, {number and external id}, usage_type, usage_money(price) AS total_price,
       usage_money(price - %(price_limit)s::numeric) AS exceeded_by, usage_currency() AS currency
FROM (
    SELECT subscription_id, usage_type, sum(price) AS price,
           max(sum(price)) OVER (PARTITION BY subscription_id) AS largest
    {from what was used}
    GROUP BY subscription_id, usage_type
    HAVING sum(price) >= %(price_limit)s::numeric
) AS reached
LEFT JOIN subscription ON subscription.id = subscription_id
ORDER BY largest DESC, subscription_id, price DESC, usage_type

-- name: all_metrics
-- What was used and paid in a period, by subscription and usage type, in that order.
SELECT subscription_id, {number and external id}, usage_type,
       CASE usage_type WHEN 'data' THEN %(data_unit)s ELSE %(voice_unit)s END AS unit,
       usage_money(price) AS total_price, used AS total_usage, records, usage_currency() AS currency
FROM (
    SELECT subscription_id, usage_type, sum(price) AS price, sum(used) AS used, sum(records) AS records
    {from what was used}
    GROUP BY subscription_id, usage_type
) AS total
LEFT JOIN subscription ON subscription.id = subscription_id
ORDER BY subscription_id, usage_type

-- name: number_and_external_id
-- Empty cells where there are none. A spreadsheet must not take an external id for a formula: an apostrophe makes it a text.
nullif(phone_number, '') AS phone_number,
       CASE WHEN %(for_spreadsheets)s AND left(external_id, 1) IN ('=', '+', '-', '@', E'\t', E'\r') THEN '''' || external_id
            ELSE nullif(external_id, '') END AS external_id

-- name: begin
-- The moment, and for how long the transaction's statements may run; 0 is for ever.
SELECT now(), set_config('statement_timeout', %(milliseconds)s, true)

-- name: as_csv
-- An answer as comma-separated lines without a header.
COPY ({answer}) TO STDOUT (FORMAT csv)
