-- Aggregates computed from the sources, except those of sealed and expired days, which are stored under every strategy.

CREATE OR REPLACE FUNCTION usage_stores() RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT false $$;

-- The usage of other days, a row for each raw record and adjustment.
CREATE OR REPLACE VIEW usage_unsealed AS
SELECT subscription_id, usage_type, usage_business_day(usage_date) AS day, used, price, 1 AS records
FROM usage_source
WHERE usage_business_day(usage_date) NOT IN (SELECT day FROM wingtel_usage_day WHERE state IN ('sealed', 'expired'))
UNION ALL
SELECT subscription_id, usage_type, day, used, price, 0
FROM wingtel_usage_adjustment
WHERE day NOT IN (SELECT day FROM wingtel_usage_day WHERE state IN ('sealed', 'expired'));

CREATE OR REPLACE VIEW usage_daily AS
SELECT subscription_id, usage_type, day,
       sum(used)::numeric(38, 0) AS used, sum(price)::numeric(38, 8) AS price, sum(records)::bigint AS records
FROM usage_unsealed
GROUP BY 1, 2, 3
HAVING (sum(used), sum(price), sum(records)) <> (0, 0, 0)
UNION ALL
SELECT subscription_id, usage_type, day, used, price, records
FROM wingtel_daily_usage
WHERE day IN (SELECT day FROM wingtel_usage_day WHERE state IN ('sealed', 'expired'))
  AND (used, price, records) <> (0, 0, 0);

CREATE OR REPLACE VIEW usage_monthly AS
SELECT subscription_id, usage_type, date_trunc('month', day::timestamp)::date AS month,
       sum(used)::numeric(38, 0) AS used, sum(price)::numeric(38, 8) AS price, sum(records)::bigint AS records
FROM usage_daily
GROUP BY 1, 2, 3
HAVING (sum(used), sum(price), sum(records)) <> (0, 0, 0);

-- Subscriptions whose price in a period reached a limit, the largest first: `page_rows` of them after a position, and a row for each usage
-- type that did. A subscription is placed by its largest price. With a carrier or a plan, only its own.
CREATE OR REPLACE FUNCTION usage_exceeding_between(
    first_day date, last_day date, usage_types text[], price_limit numeric, subscription_ids bigint[],
    after_price numeric, after_id bigint, page_rows bigint, only_carrier text, only_plan bigint
) RETURNS TABLE (subscription_id bigint, largest numeric, usage_type text, price numeric)
LANGUAGE plpgsql STABLE ROWS 100 SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH totals AS MATERIALIZED (
        SELECT daily.subscription_id, daily.usage_type, sum(daily.price) AS price
        FROM usage_daily AS daily
        WHERE daily.day BETWEEN first_day AND last_day
          AND daily.usage_type = ANY (usage_types)
          AND (subscription_ids IS NULL OR daily.subscription_id = ANY (subscription_ids))
          AND (only_carrier IS NULL OR daily.subscription_id IN (SELECT id FROM wingtel_subscription WHERE carrier = only_carrier))
          AND (only_plan IS NULL OR daily.subscription_id IN (SELECT id FROM wingtel_subscription WHERE plan_id = only_plan))
        GROUP BY daily.subscription_id, daily.usage_type
        HAVING (sum(daily.used), sum(daily.price), sum(daily.records)) <> (0, 0, 0) AND sum(daily.price) >= price_limit
    ),
    page AS (
        SELECT totals.subscription_id, max(totals.price) AS price
        FROM totals
        GROUP BY totals.subscription_id
        HAVING after_price IS NULL
            OR max(totals.price) < after_price
            OR max(totals.price) = after_price AND totals.subscription_id > after_id
        ORDER BY max(totals.price) DESC, totals.subscription_id
        LIMIT page_rows
    )
    SELECT page.subscription_id, page.price, totals.usage_type, totals.price
    FROM page JOIN totals USING (subscription_id);
END $$;

-- The price of each subscription in a period of its own, by usage type. The three arrays have the same length.
CREATE OR REPLACE FUNCTION usage_prices(subscription_ids bigint[], firsts date[], lasts date[])
RETURNS TABLE (subscription_id bigint, first date, last date, usage_type text, price numeric)
LANGUAGE sql STABLE ROWS 1000 AS $$
    SELECT requested.subscription_id, requested.first, requested.last, daily.usage_type, sum(daily.price)
    FROM unnest(subscription_ids, firsts, lasts) AS requested (subscription_id, first, last)
    JOIN (
        SELECT * FROM usage_daily WHERE day BETWEEN (SELECT min(day) FROM unnest(firsts) AS day)
                                                AND (SELECT max(day) FROM unnest(lasts) AS day)
    ) AS daily
        ON daily.subscription_id = requested.subscription_id AND daily.day BETWEEN requested.first AND requested.last
    GROUP BY 1, 2, 3, 4
$$;
