-- Everything computed from the raw records.

CREATE OR REPLACE VIEW usage_daily AS
SELECT subscription_id, usage_type, usage_business_day(usage_date) AS day,
       sum(used)::bigint AS used, sum(price)::numeric(20, 4) AS price, count(*) AS records
FROM usage_source
GROUP BY 1, 2, 3;

CREATE OR REPLACE VIEW usage_monthly AS
SELECT subscription_id, usage_type, date_trunc('month', usage_business_day(usage_date)::timestamp)::date AS month,
       sum(used)::bigint AS used, sum(price)::numeric(20, 4) AS price, count(*) AS records
FROM usage_source
GROUP BY 1, 2, 3;

-- Subscriptions whose price in one month, or in all time where none is given, reached a limit, the largest first: `page_rows` of
-- them after a position, and a row for each usage type that did. A subscription stands where its largest price stands.
CREATE OR REPLACE FUNCTION usage_exceeding(
    of_month date, usage_types text[], price_limit numeric, subscription_ids bigint[],
    after_price numeric, after_id bigint, page_rows bigint
) RETURNS TABLE (subscription_id bigint, largest numeric, usage_type text, price numeric)
LANGUAGE plpgsql STABLE ROWS 100 SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH totals AS MATERIALIZED (
        SELECT source.subscription_id, source.usage_type, sum(source.price) AS price
        FROM usage_source AS source
        WHERE (of_month IS NULL OR source.usage_date >= usage_day_start(of_month)
                               AND source.usage_date < usage_day_start((of_month + interval '1 month')::date))
          AND source.usage_type = ANY (usage_types)
          AND (subscription_ids IS NULL OR source.subscription_id = ANY (subscription_ids))
        GROUP BY source.subscription_id, source.usage_type
        HAVING sum(source.price) >= price_limit
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
