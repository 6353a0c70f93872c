-- name: memory
-- Memory for the keys of a day or month of a few hundred thousand subscriptions.
SET LOCAL work_mem = '128MB'

-- name: period
-- The first and the last day that has aggregates, adjustments or a state.
SELECT min(day), max(day)
FROM (
    SELECT min(day) AS day FROM wingtel_daily_usage
    UNION ALL SELECT max(day) FROM wingtel_daily_usage
    UNION ALL SELECT min(day) FROM wingtel_usage_day
    UNION ALL SELECT max(day) FROM wingtel_usage_day
    UNION ALL SELECT min(day) FROM wingtel_usage_adjustment
    UNION ALL SELECT max(day) FROM wingtel_usage_adjustment
) AS known

-- name: counted
-- The beginning of a statement: the daily aggregates of some days, as the active strategy counts them.
WITH daily AS (
    SELECT subscription_id, usage_type, day, used, price, records
    FROM usage_daily
    WHERE day BETWEEN %(first)s AND %(last)s
)

-- name: stored
-- Another beginning: those that are stored, whatever the views show.
WITH daily AS (
    SELECT subscription_id, usage_type, day, used, price, records
    FROM wingtel_daily_usage
    WHERE day BETWEEN %(first)s AND %(last)s AND (used, price, records) <> (0, 0, 0)
)

-- name: empty
-- A third beginning: none, if nothing is stored of these days.
WITH daily AS (
    SELECT subscription_id, usage_type, day, used, price, records FROM wingtel_daily_usage WHERE false
)

-- name: differing_days
-- Daily aggregates that differ from the sums of their sources, for days that are not expired. Each row is a key with both values, NULL if
-- one is missing. Follows a beginning.
--
-- One statement sees one snapshot: aggregates and sources of the same transactions, despite concurrent writers. The business day of a
-- record is computed only if there are several days.
, kept AS (
    SELECT day FROM wingtel_usage_day WHERE day BETWEEN %(first)s AND %(last)s AND state = 'expired'
),
source AS (
    SELECT subscription_id, 'data'::text COLLATE "C" AS usage_type,
           CASE WHEN %(first)s::date = %(last)s::date THEN %(first)s::date ELSE usage_business_day(usage_date) END AS day,
           sum(kilobytes_used) AS used, sum(price) AS price, count(*) AS records
    FROM wingtel_data_usage_record
    WHERE usage_date >= usage_day_start(%(first)s) AND usage_date < usage_day_start(%(last)s::date + 1)
    GROUP BY 1, 3
    UNION ALL
    SELECT subscription_id, 'voice'::text COLLATE "C",
           CASE WHEN %(first)s::date = %(last)s::date THEN %(first)s::date ELSE usage_business_day(usage_date) END,
           sum(seconds_used), sum(price), count(*)
    FROM wingtel_voice_usage_record
    WHERE usage_date >= usage_day_start(%(first)s) AND usage_date < usage_day_start(%(last)s::date + 1)
    GROUP BY 1, 3
    UNION ALL
    SELECT subscription_id, 'sms'::text COLLATE "C",
           CASE WHEN %(first)s::date = %(last)s::date THEN %(first)s::date ELSE usage_business_day(usage_date) END,
           sum(messages_sent), sum(price), count(*)
    FROM wingtel_sms_usage_record
    WHERE usage_date >= usage_day_start(%(first)s) AND usage_date < usage_day_start(%(last)s::date + 1)
    GROUP BY 1, 3
),
adjusted AS (
    SELECT subscription_id, usage_type, day, sum(used) AS used, sum(price) AS price, 0::bigint AS records
    FROM wingtel_usage_adjustment
    WHERE day BETWEEN %(first)s AND %(last)s AND day NOT IN (SELECT day FROM kept)
    GROUP BY 1, 2, 3
),
expected AS (
    SELECT subscription_id, usage_type, day, coalesce(source.used, 0) + coalesce(adjusted.used, 0) AS used,
           coalesce(source.price, 0) + coalesce(adjusted.price, 0) AS price, coalesce(source.records, 0) AS records
    FROM source FULL JOIN adjusted USING (subscription_id, usage_type, day)
),
found AS (
    SELECT subscription_id, usage_type, day, used, price, records FROM daily WHERE day NOT IN (SELECT day FROM kept)
),
differing_days AS (
    SELECT subscription_id, usage_type, day,
           expected.used AS expected_used, expected.price AS expected_price, expected.records AS expected_records,
           found.used AS found_used, found.price AS found_price, found.records AS found_records
    FROM expected FULL JOIN found USING (subscription_id, usage_type, day)
    WHERE (coalesce(expected.used, 0), coalesce(expected.price, 0), coalesce(expected.records, 0))
       <> (coalesce(found.used, 0), coalesce(found.price, 0), coalesce(found.records, 0))
)

-- name: days
SELECT 'day', subscription_id, usage_type, day, expected_used, expected_price, expected_records,
       found_used, found_price, found_records
FROM differing_days
ORDER BY day, subscription_id, usage_type

-- name: seals
-- Expired days whose aggregates, without the adjustments, differ from their seals: a row for each usage type, with both sums and
-- fingerprints. Follows `counted` or `stored`.
, seal AS (
    SELECT day, usage_type, used, price, records, fingerprint
    FROM wingtel_usage_day JOIN wingtel_usage_day_sum USING (day)
    WHERE state = 'expired' AND day BETWEEN %(first)s AND %(last)s
),
adjusted AS (
    SELECT subscription_id, usage_type, day, sum(used) AS used, sum(price) AS price
    FROM wingtel_usage_adjustment
    WHERE day IN (SELECT day FROM seal)
    GROUP BY subscription_id, usage_type, day
),
raw AS (
    SELECT subscription_id, usage_type, day, coalesce(daily.used, 0) - coalesce(adjusted.used, 0) AS used,
           coalesce(daily.price, 0) - coalesce(adjusted.price, 0) AS price, coalesce(daily.records, 0) AS records
    FROM (SELECT * FROM daily WHERE day IN (SELECT day FROM seal)) AS daily
    FULL JOIN adjusted USING (subscription_id, usage_type, day)
),
found AS (
    SELECT day, usage_type, sum(used) AS used, sum(price) AS price, sum(records) AS records,
           sum(usage_key_hash(subscription_id, used, price, records)) AS fingerprint
    FROM raw
    WHERE (used, price, records) <> (0, 0, 0)
    GROUP BY day, usage_type
)
SELECT 'seal of day', NULL::bigint, usage_type, day,
       coalesce(seal.used, 0), coalesce(seal.price, 0), coalesce(seal.records, 0), coalesce(seal.fingerprint, 0),
       coalesce(found.used, 0), coalesce(found.price, 0), coalesce(found.records, 0), coalesce(found.fingerprint, 0)
FROM seal FULL JOIN found USING (day, usage_type)
WHERE (coalesce(seal.used, 0), coalesce(seal.price, 0), coalesce(seal.records, 0), coalesce(seal.fingerprint, 0))
   <> (coalesce(found.used, 0), coalesce(found.price, 0), coalesce(found.records, 0), coalesce(found.fingerprint, 0))
ORDER BY day, usage_type

-- name: unprovable
-- The months of some days in which a day cannot be proven: it has stored usage, and never had raw records.
SELECT DISTINCT usage_month(day)
FROM wingtel_daily_usage
WHERE (used, price, records) <> (0, 0, 0) AND day NOT IN (SELECT day FROM wingtel_usage_day)
  AND day >= usage_month(%(first)s) AND day < usage_month(%(last)s) + interval '1 month'

-- name: differing_months
-- Stored months that differ from the sums of their stored days, for the months of some days, with the amounts to add. The days are
-- compared with the sources separately. One sum over both sides costs less than a sum and a join, since nearly all are right.
WITH differing_months AS MATERIALIZED (
    SELECT subscription_id, usage_type, month, sum(used) AS used, sum(price) AS price, sum(records) AS records
    FROM (
        SELECT subscription_id, usage_type, usage_month(day) AS month, used, price, records
        FROM wingtel_daily_usage
        WHERE day >= usage_month(%(first)s) AND day < usage_month(%(last)s) + interval '1 month'
        UNION ALL
        SELECT subscription_id, usage_type, month, -used, -price, -records
        FROM wingtel_monthly_usage
        WHERE month BETWEEN usage_month(%(first)s) AND usage_month(%(last)s)
    ) AS both_sides
    GROUP BY subscription_id, usage_type, month
    HAVING (sum(used), sum(price), sum(records)) <> (0, 0, 0)
)

-- name: months
-- These months, with their values as readers see them and those of the days.
SELECT 'month', differing.subscription_id, differing.usage_type, differing.month, expected.used, expected.price, expected.records,
       found.used, found.price, found.records
FROM differing_months AS differing
LEFT JOIN LATERAL (
    SELECT sum(used) AS used, sum(price) AS price, sum(records) AS records
    FROM usage_daily AS daily
    WHERE daily.subscription_id = differing.subscription_id AND daily.usage_type = differing.usage_type
      AND daily.day >= differing.month AND daily.day < differing.month + interval '1 month'
    HAVING (sum(used), sum(price), sum(records)) <> (0, 0, 0)
) AS expected ON true
LEFT JOIN LATERAL (
    SELECT used, price, records
    FROM usage_monthly AS monthly
    WHERE monthly.subscription_id = differing.subscription_id AND monthly.usage_type = differing.usage_type AND monthly.month = differing.month
) AS found ON true
ORDER BY differing.month, differing.subscription_id, differing.usage_type

-- name: differing_totals
-- Lifetime bounds that are not the sums of the bounds of the months, with the amounts to add.
WITH differing_totals AS MATERIALIZED (
    SELECT subscription_id, usage_type, sum(price_lower_bound) AS price_lower_bound, sum(price_upper_bound) AS price_upper_bound
    FROM (
        SELECT subscription_id, usage_type, usage_price_lower_bound(price_upper_bound) AS price_lower_bound, price_upper_bound FROM wingtel_monthly_usage
        UNION ALL
        SELECT subscription_id, usage_type, -price_lower_bound, -price_upper_bound FROM wingtel_lifetime_usage
    ) AS both_sides
    GROUP BY subscription_id, usage_type
    HAVING (sum(price_lower_bound), sum(price_upper_bound)) <> (0, 0)
)

-- name: bounds
-- These bounds, and stored months whose price lies outside its bounds. A month has its price and its upper bound; a total has the upper
-- bound that is expected and the one that is stored.
SELECT 'bounds of month', subscription_id, usage_type, month, NULL::numeric, price, NULL::bigint, NULL::numeric, price_upper_bound, NULL::bigint
FROM wingtel_monthly_usage
WHERE NOT price BETWEEN usage_price_lower_bound(price_upper_bound) AND price_upper_bound
UNION ALL
SELECT 'bounds of lifetime', subscription_id, usage_type, NULL, NULL,
       (SELECT sum(price_upper_bound) FROM wingtel_monthly_usage AS month
        WHERE month.subscription_id = off.subscription_id AND month.usage_type = off.usage_type), NULL, NULL,
       (SELECT price_upper_bound FROM wingtel_lifetime_usage AS total
        WHERE total.subscription_id = off.subscription_id AND total.usage_type = off.usage_type
          AND (price_lower_bound, price_upper_bound) <> (0, 0)), NULL
FROM differing_totals AS off
ORDER BY 4, 2, 3
