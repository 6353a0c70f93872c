-- Complete answers, a row for each result, in the order of their pages. Each is one statement, so that an export is of one snapshot.
-- {from what was used} and {number and external id} are blocks below.

-- name: all_exceeding
-- Every usage type whose price in a period reached a limit, with its subscription; the subscription with the largest price first.
SELECT subscription_id, {number and external id}, usage_type, usage_money(price) AS total_price,
       usage_money(price - %(price_limit)s::numeric) AS exceeded_by, usage_currency() AS currency
FROM (
    SELECT subscription_id, usage_type, sum(price) AS price,
           max(sum(price)) OVER (PARTITION BY subscription_id) AS largest
    {from what was used}
    GROUP BY subscription_id, usage_type
    HAVING sum(price) >= %(price_limit)s::numeric
) AS reached
LEFT JOIN wingtel_subscription AS subscription ON subscription.id = subscription_id
ORDER BY largest DESC, subscription_id, price DESC, usage_type

-- name: all_metrics
-- Usage and price in a period, by subscription and usage type, in that order.
SELECT subscription_id, {number and external id}, usage_type,
       %(units)s::jsonb ->> usage_type AS unit,
       usage_money(price) AS total_price, used AS total_usage, records, usage_currency() AS currency
FROM (
    SELECT subscription_id, usage_type, sum(price) AS price, sum(used) AS used, sum(records) AS records
    {from what was used}
    GROUP BY subscription_id, usage_type
) AS total
LEFT JOIN wingtel_subscription AS subscription ON subscription.id = subscription_id
ORDER BY subscription_id, usage_type

-- name: all_records
-- The raw records of a period and their origins, in order of time. Each day is read from its own partitions and sorted separately:
-- neither memory nor the time to the first row grows with the period.
SELECT listed.*
FROM (
    SELECT day, usage_day_start(day) AS day_start, usage_day_start(day + 1) AS next_day_start
    FROM wingtel_usage_day
    WHERE day BETWEEN %(first)s::date AND %(last)s::date
) AS requested
CROSS JOIN LATERAL (
    SELECT usage_csv_text(record_id, %(for_spreadsheets)s) AS record_id, subscription_id, {number and external id}, usage_type,
           %(units)s::jsonb ->> usage_type AS unit,
           replace(to_char(usage_date AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000', '') AS usage_date,
           requested.day, quantity, usage_money(record.price) AS price, origin,
           usage_csv_text(reference, %(for_spreadsheets)s) AS reference,
           usage_csv_text(wingtel_ingest_batch.name, %(for_spreadsheets)s) AS file,
           first_line + source %% %(batch_lines)s AS line, usage_currency() AS currency
    FROM (
        SELECT usage_type, record_id, usage_date, subscription_id, used AS quantity, price, source
        FROM usage_source
        WHERE usage_date >= day_start AND usage_date < next_day_start
    ) AS record
    LEFT JOIN wingtel_subscription AS subscription ON subscription.id = subscription_id
    LEFT JOIN wingtel_ingest_batch ON wingtel_ingest_batch.id = source / %(batch_lines)s
    WHERE usage_type = ANY (%(usage_types)s::text[])
      AND (%(subscription_ids)s::bigint[] IS NULL OR subscription_id = ANY (%(subscription_ids)s::bigint[]))
      AND (%(carrier)s::text IS NULL OR carrier = %(carrier)s::text)
      AND (%(plan)s::bigint IS NULL OR plan_id = %(plan)s::bigint)
    ORDER BY record.usage_date, subscription_id, usage_type, record.record_id
) AS listed
ORDER BY requested.day

-- name: keep_raw_records
-- Keep raw records from being dropped until the transaction ends.
LOCK TABLE ONLY wingtel_data_usage_record, ONLY wingtel_sms_usage_record, ONLY wingtel_voice_usage_record IN ACCESS SHARE MODE

-- name: expired_days
-- The first and the last expired day of a period, whose raw records were dropped.
SELECT min(day), max(day) FROM wingtel_usage_day WHERE day BETWEEN %(first)s::date AND %(last)s::date AND state = 'expired'

-- name: used
-- The usage of the requested subscriptions in a period: its whole months and the days at its edges.
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
  AND (%(carrier)s::text IS NULL OR subscription_id IN (SELECT id FROM wingtel_subscription WHERE carrier = %(carrier)s::text))
  AND (%(plan)s::bigint IS NULL OR subscription_id IN (SELECT id FROM wingtel_subscription WHERE plan_id = %(plan)s::bigint))

-- name: number_and_external_id
nullif(phone_number, '') AS phone_number, usage_csv_text(external_id, %(for_spreadsheets)s) AS external_id

-- name: begin
-- The timestamp, and the timeout of the transaction's statements in milliseconds; 0 is none.
SELECT now(), set_config('statement_timeout', %(milliseconds)s, true)

-- name: as_csv
-- An answer as comma-separated lines without a header.
COPY ({answer}) TO STDOUT (FORMAT csv)
