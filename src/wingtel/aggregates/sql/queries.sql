-- name: exceeding
-- A page of the subscriptions whose price in a period reached a limit, largest first, and the position that the next page starts after.
-- The results are JSON, which is several times as fast to write here as to send row by row. Phone numbers and external ids are looked up
-- for the rows of the page only. Every value is a parameter, so that the plan is cached.
WITH reached AS (
    SELECT subscription_id, largest, usage_type, price
    FROM usage_exceeding_between(
        %(first)s::date, %(last)s::date, %(usage_types)s::text[], %(price_limit)s::numeric,
        %(subscription_ids)s::bigint[], %(after_price)s::numeric, %(after_id)s::bigint, %(page_size)s::bigint + 1,
        %(carrier)s::text, %(plan)s::bigint
    )
)
SELECT now()::text,
       '[' || coalesce(string_agg(written, ',' ORDER BY place) FILTER (WHERE place <= %(page_size)s::bigint), '') || ']',
       count(*) > %(page_size)s::bigint,
       max(largest) FILTER (WHERE place = %(page_size)s::bigint),
       max(subscription_id) FILTER (WHERE place = %(page_size)s::bigint)
FROM (
    SELECT subscription_id, largest, row_number() OVER (ORDER BY largest DESC, subscription_id) AS place,
           '{"subscription_id":' || subscription_id || coalesce(
               (SELECT ',"phone_number":' || to_json(phone_number) || ',"external_id":' || to_json(external_id)
                FROM wingtel_subscription WHERE id = subscription_id),
               ',"phone_number":"","external_id":""'
           ) || ',"exceeded":[' || string_agg(
               '{"usage_type":"' || usage_type || '","total_price":"' || usage_money(price)
                   || '","exceeded_by":"' || usage_money(price - %(price_limit)s::numeric) || '"}',
               ',' ORDER BY price DESC, usage_type
           ) || ']}' AS written
    FROM reached
    GROUP BY largest, subscription_id
) AS listed

-- name: metrics
-- Usage and price in a period, by subscription and usage type, in that order.
--
-- The keys of the page are found first: each grain yields its first ones in the order of its primary key. Only these are summed.
-- Grouping everything and then taking a page would cost the whole period. Carrier, plan and phone numbers are looked up for each
-- key: a hash of all their subscriptions would cost more than the page.
WITH page AS MATERIALIZED (
    (
        SELECT subscription_id, usage_type FROM usage_monthly AS used
        WHERE %(with_months)s
          AND (%(first_month)s::date IS NULL OR month >= %(first_month)s::date)
          AND (%(last_month)s::date IS NULL OR month <= %(last_month)s::date)
          AND (%(only_type)s::text IS NULL OR usage_type = %(only_type)s::text)
          AND (%(subscription_ids)s::bigint[] IS NULL OR subscription_id = ANY (%(subscription_ids)s::bigint[]))
          AND (%(carrier)s::text IS NULL OR (SELECT carrier FROM wingtel_subscription WHERE id = used.subscription_id) = %(carrier)s::text)
          AND (%(plan)s::bigint IS NULL OR (SELECT plan_id FROM wingtel_subscription WHERE id = used.subscription_id) = %(plan)s::bigint)
          AND (%(after_id)s::bigint IS NULL OR (subscription_id, usage_type) > (%(after_id)s::bigint, %(after_type)s::text))
        GROUP BY subscription_id, usage_type ORDER BY subscription_id, usage_type LIMIT %(rows)s
    )
    UNION
    (
        SELECT subscription_id, usage_type FROM usage_daily AS used
        WHERE (day BETWEEN %(edge_first)s::date AND %(edge_last)s::date
               OR day BETWEEN %(other_edge_first)s::date AND %(other_edge_last)s::date)
          AND (%(only_type)s::text IS NULL OR usage_type = %(only_type)s::text)
          AND (%(subscription_ids)s::bigint[] IS NULL OR subscription_id = ANY (%(subscription_ids)s::bigint[]))
          AND (%(carrier)s::text IS NULL OR (SELECT carrier FROM wingtel_subscription WHERE id = used.subscription_id) = %(carrier)s::text)
          AND (%(plan)s::bigint IS NULL OR (SELECT plan_id FROM wingtel_subscription WHERE id = used.subscription_id) = %(plan)s::bigint)
          AND (%(after_id)s::bigint IS NULL OR (subscription_id, usage_type) > (%(after_id)s::bigint, %(after_type)s::text))
        GROUP BY subscription_id, usage_type ORDER BY subscription_id, usage_type LIMIT %(rows)s
    )
    ORDER BY subscription_id, usage_type
    LIMIT %(rows)s
)
SELECT (SELECT now()::text), page.subscription_id, coalesce(named.phone_number, ''), coalesce(named.external_id, ''),
       page.usage_type, total.price, total.used, total.records
FROM (VALUES (1)) AS always (one)
LEFT JOIN (
    page JOIN (
        SELECT subscription_id, usage_type, sum(price) AS price, sum(used) AS used, sum(records) AS records
        FROM (
            SELECT subscription_id, usage_type, price, used, records FROM usage_monthly
            WHERE subscription_id = ANY (ARRAY(SELECT subscription_id FROM page))
              AND %(with_months)s
              AND (%(first_month)s::date IS NULL OR month >= %(first_month)s::date)
              AND (%(last_month)s::date IS NULL OR month <= %(last_month)s::date)
            UNION ALL
            SELECT subscription_id, usage_type, price, used, records FROM usage_daily
            WHERE subscription_id = ANY (ARRAY(SELECT subscription_id FROM page))
              AND (day BETWEEN %(edge_first)s::date AND %(edge_last)s::date
                   OR day BETWEEN %(other_edge_first)s::date AND %(other_edge_last)s::date)
        ) AS parts
        GROUP BY subscription_id, usage_type
    ) AS total USING (subscription_id, usage_type)
) ON true
LEFT JOIN LATERAL (
    SELECT phone_number, external_id FROM wingtel_subscription WHERE id = page.subscription_id LIMIT 1  -- makes the planner look up each row
) AS named ON true
ORDER BY page.subscription_id, page.usage_type

-- name: metrics_of_one
-- The same for one subscription, whose few keys need not be found first. Every value is a parameter that finds rows by the primary
-- keys, so that the plan is cached. A part of the period that is not requested is an empty range of days.
SELECT now()::text, total.subscription_id, coalesce(named.phone_number, ''), coalesce(named.external_id, ''),
       total.usage_type, total.price, total.used, total.records
FROM (VALUES (1)) AS always (one)
LEFT JOIN (
    SELECT subscription_id, usage_type, sum(price) AS price, sum(used) AS used, sum(records) AS records
    FROM (
        SELECT subscription_id, usage_type, price, used, records FROM usage_monthly
        WHERE subscription_id = %(subscription_id)s::bigint
          AND month BETWEEN %(first_month)s::date AND %(last_month)s::date
        UNION ALL
        SELECT subscription_id, usage_type, price, used, records FROM usage_daily
        WHERE subscription_id = %(subscription_id)s::bigint
          AND day BETWEEN %(edge_first)s::date AND %(edge_last)s::date
        UNION ALL
        SELECT subscription_id, usage_type, price, used, records FROM usage_daily
        WHERE subscription_id = %(subscription_id)s::bigint
          AND day BETWEEN %(other_edge_first)s::date AND %(other_edge_last)s::date
    ) AS parts
    WHERE usage_type = ANY (%(usage_types)s::text[])
      AND usage_type > %(after_type)s::text
      AND (%(carrier)s::text = ''
           OR (SELECT carrier FROM wingtel_subscription WHERE id = %(subscription_id)s::bigint) = %(carrier)s::text)
      AND (%(plan)s::bigint IS NULL
           OR (SELECT plan_id FROM wingtel_subscription WHERE id = %(subscription_id)s::bigint) = %(plan)s::bigint)
    GROUP BY subscription_id, usage_type
) AS total ON true
LEFT JOIN wingtel_subscription AS named ON named.id = %(subscription_id)s::bigint
ORDER BY total.usage_type
LIMIT %(rows)s

-- name: series_by_day
-- The days of one subscription.
SELECT (SELECT now()::text), points.*
FROM (VALUES (1)) AS always (one)
LEFT JOIN (
    SELECT day, usage_type, price, used, records
    FROM usage_daily
    WHERE subscription_id = %(subscription_id)s
      AND (%(carrier)s::text IS NULL OR (SELECT carrier FROM wingtel_subscription WHERE id = %(subscription_id)s) = %(carrier)s::text)
      AND usage_type = ANY (%(usage_types)s::text[])
      AND (%(first)s::date IS NULL OR day >= %(first)s::date)
      AND (%(last)s::date IS NULL OR day <= %(last)s::date)
) AS points ON true
ORDER BY points.day, points.usage_type

-- name: series_by_month
-- The months of one subscription: whole months from the monthly grain, parts of months at the edges from the daily grain.
SELECT (SELECT now()::text), points.*
FROM (VALUES (1)) AS always (one)
LEFT JOIN (
    SELECT greatest(month, %(first)s::date) AS start, usage_type, sum(price), sum(used), sum(records)
    FROM (
        SELECT month, usage_type, price, used, records
        FROM usage_monthly
        WHERE %(with_months)s
          AND subscription_id = %(subscription_id)s
          AND (%(first_month)s::date IS NULL OR month >= %(first_month)s::date)
          AND (%(last_month)s::date IS NULL OR month <= %(last_month)s::date)
        UNION ALL
        SELECT date_trunc('month', day::timestamp)::date, usage_type, price, used, records
        FROM usage_daily
        WHERE subscription_id = %(subscription_id)s
          AND (day BETWEEN %(edge_first)s::date AND %(edge_last)s::date
               OR day BETWEEN %(other_edge_first)s::date AND %(other_edge_last)s::date)
    ) AS parts
    WHERE usage_type = ANY (%(usage_types)s::text[])
      AND (%(carrier)s::text IS NULL OR (SELECT carrier FROM wingtel_subscription WHERE id = %(subscription_id)s) = %(carrier)s::text)
    GROUP BY month, usage_type
) AS points ON true
ORDER BY points.start, points.usage_type

-- name: day_with_sources
-- The aggregates of one subscription's day and their sources, a row for each usage type, in one statement and so one snapshot. Raw
-- records are read from the day's partitions only; the first `most` are listed.
WITH requested AS MATERIALIZED (
    SELECT %(subscription_id)s::bigint AS id
    WHERE (%(carrier)s::text IS NULL OR (SELECT carrier FROM wingtel_subscription WHERE id = %(subscription_id)s) = %(carrier)s::text)
),
record AS MATERIALIZED (
    SELECT usage_type, record_id, usage_date, used, price, source
    FROM usage_source
    WHERE usage_date >= usage_day_start(%(day)s::date) AND usage_date < usage_day_start(%(day)s::date + 1)
      AND subscription_id = (SELECT id FROM requested)
)
SELECT now()::text, wanted.usage_type,
       coalesce(total.used, 0), coalesce(total.price, 0), coalesce(total.records, 0),
       recorded.used, recorded.price, recorded.records, adjusted.used, adjusted.price, adjusted.adjustments,
       ARRAY(SELECT row_to_json(listed)::text
             FROM (SELECT record_id, usage_date, used, price::text AS price, source
                   FROM record
                   WHERE usage_type = wanted.usage_type
                   ORDER BY usage_date, record_id
                   LIMIT %(most)s) AS listed),
       ARRAY(SELECT id FROM wingtel_usage_adjustment
             WHERE day = %(day)s::date AND subscription_id = (SELECT id FROM requested) AND usage_type = wanted.usage_type
             ORDER BY id),
       sealed.records, sealed.used, sealed.price, kept.state, kept.sealed_at, kept.expired_at, kept.reopened_at, kept.reopened
FROM unnest(%(usage_types)s::text[]) AS wanted (usage_type)
CROSS JOIN LATERAL (
    SELECT coalesce(sum(used), 0), coalesce(sum(price), 0), count(*)
    FROM record
    WHERE usage_type = wanted.usage_type
) AS recorded (used, price, records)
CROSS JOIN LATERAL (
    SELECT coalesce(sum(used), 0), coalesce(sum(price), 0), count(*)
    FROM wingtel_usage_adjustment
    WHERE day = %(day)s::date AND subscription_id = (SELECT id FROM requested) AND usage_type = wanted.usage_type
) AS adjusted (used, price, adjustments)
LEFT JOIN (
    SELECT usage_type, used, price, records
    FROM usage_daily
    WHERE subscription_id = (SELECT id FROM requested) AND day = %(day)s::date
) AS total ON total.usage_type = wanted.usage_type
LEFT JOIN wingtel_usage_day AS kept ON kept.day = %(day)s::date
LEFT JOIN wingtel_usage_day_sum AS sealed ON sealed.day = %(day)s::date AND sealed.usage_type = wanted.usage_type
ORDER BY wanted.usage_type
