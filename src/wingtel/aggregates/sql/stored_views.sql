-- The views for readers, for strategies whose stored tables are exact. A strategy with pending deltas replaces the views by its own.
-- The functions count pending deltas, of which the other strategies have none.

-- True if answers come from the stored tables, for all days.
CREATE OR REPLACE FUNCTION usage_stores() RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT true $$;

-- Pending deltas: a row for each record that was added or taken away and is not merged into the stored tables yet. There are none, unless
-- a strategy defines them.
CREATE OR REPLACE VIEW usage_pending_delta AS
SELECT NULL::bigint AS subscription_id, NULL::text COLLATE "C" AS usage_type, NULL::date AS day,
       NULL::bigint AS used, NULL::numeric AS price, NULL::integer AS records
WHERE false;

CREATE OR REPLACE VIEW usage_daily AS
SELECT subscription_id, usage_type, day, used, price, records
FROM wingtel_daily_usage
WHERE (used, price, records) <> (0, 0, 0);

CREATE OR REPLACE VIEW usage_monthly AS
SELECT subscription_id, usage_type, month, used, price, records
FROM wingtel_monthly_usage
WHERE (used, price, records) <> (0, 0, 0);

-- The price of each subscription in a period of its own, by usage type. It comes from the months if the period is one, else from the
-- days. The three arrays have the same length. Each call is planned for their size, but never with a scan of a whole table.
CREATE OR REPLACE FUNCTION usage_prices(subscription_ids bigint[], firsts date[], lasts date[])
RETURNS TABLE (subscription_id bigint, first date, last date, usage_type text, price numeric)
LANGUAGE plpgsql STABLE ROWS 1000
SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET enable_mergejoin = off SET enable_nestloop = on AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT parts.subscription_id, parts.first, parts.last, parts.usage_type, sum(parts.price)
    FROM (
        SELECT requested.subscription_id, requested.first, requested.last, stored.usage_type, stored.price
        FROM unnest(subscription_ids, firsts, lasts) AS requested (subscription_id, first, last)
        JOIN wingtel_monthly_usage AS stored
            ON stored.subscription_id = requested.subscription_id
            AND stored.usage_type = ANY (ARRAY['data', 'sms', 'voice'])
            AND stored.month = requested.first
        WHERE usage_is_month(requested.first, requested.last)
        UNION ALL
        SELECT requested.subscription_id, requested.first, requested.last, stored.usage_type, stored.price
        FROM unnest(subscription_ids, firsts, lasts) AS requested (subscription_id, first, last)
        JOIN wingtel_daily_usage AS stored
            ON stored.subscription_id = requested.subscription_id
            AND stored.usage_type = ANY (ARRAY['data', 'sms', 'voice'])
            AND stored.day BETWEEN requested.first AND requested.last
        WHERE NOT usage_is_month(requested.first, requested.last)
        UNION ALL
        SELECT requested.subscription_id, requested.first, requested.last, delta.usage_type, delta.price
        FROM usage_pending_delta AS delta
        JOIN unnest(subscription_ids, firsts, lasts) AS requested (subscription_id, first, last)
            ON requested.subscription_id = delta.subscription_id
        WHERE delta.day BETWEEN requested.first AND requested.last
    ) AS parts
    GROUP BY 1, 2, 3, 4;
END $$;
