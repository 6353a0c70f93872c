-- What readers see where the stored tables are exact. A strategy that puts deltas aside replaces the views by its own; the
-- function counts deltas in, of which there are none elsewhere.

-- Whether answers come from the stored tables, for all days.
CREATE OR REPLACE FUNCTION usage_stores() RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT true $$;

-- What a strategy has put aside, a row for each record that was added or taken away.
CREATE OR REPLACE VIEW usage_unfolded AS
SELECT element.subscription_id, usage_type, day, element.used, element.price, sign(records)::integer AS records
FROM usage_delta
CROSS JOIN LATERAL unnest(subscriptions, usage_delta.used, prices) AS element (subscription_id, used, price);

CREATE OR REPLACE VIEW usage_daily AS
SELECT subscription_id, usage_type, day, used, price, records
FROM daily_usage
WHERE (used, price, records) <> (0, 0, 0);

CREATE OR REPLACE VIEW usage_monthly AS
SELECT subscription_id, usage_type, month, used, price, records
FROM monthly_usage
WHERE (used, price, records) <> (0, 0, 0);

-- What some subscriptions paid in some whole months; without a first or a last one, in all before or after.
CREATE OR REPLACE FUNCTION usage_summed(subscription_ids bigint[], usage_types text[], first_month date, last_month date)
RETURNS TABLE (subscription_id bigint, usage_type text, price numeric)
LANGUAGE sql STABLE ROWS 200 AS $$
    SELECT parts.subscription_id, parts.usage_type, sum(parts.price)
    FROM (
        SELECT stored.subscription_id, stored.usage_type, stored.price, stored.used, stored.records
        FROM monthly_usage AS stored
        WHERE stored.subscription_id = ANY (subscription_ids)
          AND stored.usage_type = ANY (usage_types)
          AND (first_month IS NULL OR stored.month >= first_month)
          AND (last_month IS NULL OR stored.month <= last_month)
        UNION ALL
        SELECT delta.subscription_id, delta.usage_type, delta.price, delta.used, delta.records
        FROM usage_unfolded AS delta
        WHERE delta.subscription_id = ANY (subscription_ids)
          AND delta.usage_type = ANY (usage_types)
          AND (first_month IS NULL OR delta.day >= first_month)
          AND (last_month IS NULL OR delta.day < last_month + interval '1 month')
    ) AS parts
    GROUP BY parts.subscription_id, parts.usage_type
    HAVING (sum(parts.used), sum(parts.price), sum(parts.records)) <> (0, 0, 0)
$$;

-- What some subscriptions paid in a period each, by usage type: from the months where it is one, else from the days. Given as three
-- arrays of the same length. Planned anew for the size of these, but never by reading all that is stored.
CREATE OR REPLACE FUNCTION usage_prices(subscription_ids bigint[], firsts date[], lasts date[])
RETURNS TABLE (subscription_id bigint, first date, last date, usage_type text, price numeric)
LANGUAGE plpgsql STABLE ROWS 1000
SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET enable_mergejoin = off SET enable_nestloop = on AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT parts.subscription_id, parts.first, parts.last, parts.usage_type, sum(parts.price)
    FROM (
        SELECT asked.subscription_id, asked.first, asked.last, stored.usage_type, stored.price
        FROM unnest(subscription_ids, firsts, lasts) AS asked (subscription_id, first, last)
        JOIN monthly_usage AS stored
            ON stored.subscription_id = asked.subscription_id
            AND stored.usage_type = ANY (ARRAY['data', 'voice'])
            AND stored.month = asked.first
        WHERE usage_is_month(asked.first, asked.last)
        UNION ALL
        SELECT asked.subscription_id, asked.first, asked.last, stored.usage_type, stored.price
        FROM unnest(subscription_ids, firsts, lasts) AS asked (subscription_id, first, last)
        JOIN daily_usage AS stored
            ON stored.subscription_id = asked.subscription_id
            AND stored.usage_type = ANY (ARRAY['data', 'voice'])
            AND stored.day BETWEEN asked.first AND asked.last
        WHERE NOT usage_is_month(asked.first, asked.last)
        UNION ALL
        SELECT asked.subscription_id, asked.first, asked.last, delta.usage_type, delta.price
        FROM usage_unfolded AS delta
        JOIN unnest(subscription_ids, firsts, lasts) AS asked (subscription_id, first, last)
            ON asked.subscription_id = delta.subscription_id
        WHERE delta.day BETWEEN asked.first AND asked.last
    ) AS parts
    GROUP BY 1, 2, 3, 4;
END $$;

-- Subscriptions whose price in some whole months (in all before the last, after the first, or in all time where these are not
-- given) reached a limit, the largest first: `page_rows` of them after a position, and a row for each usage type that did. A
-- subscription stands where its largest price stands. With a carrier or a plan, only its own.
--
-- Takes some candidates with the highest bounds from an index and sums what these paid. If the last price of that page lies
-- above the bound of everyone left out, it is the page; if not, the page is made of those whose bounds reach that
-- price, and they are taken next. A bound is the ceiling of the one month, or of the total: no month has a ceiling below zero, so
-- that of all months is one of some. What deltas add is added to it.
-- Carrier and plan are looked up for each candidate on the walk: a hash of all their subscriptions would cost more than the page.
-- Subscriptions with deltas are left out of the walk by a hash, which keeps its order; work_mem makes room for it. Sorting is
-- discouraged: where tables have grown since they were last analyzed, it looks cheaper than to walk. Plans are kept, since
-- making them takes longer than running them.
CREATE OR REPLACE FUNCTION usage_exceeding(
    first_month date, last_month date, usage_types text[], price_limit numeric, subscription_ids bigint[],
    after_price numeric, after_id bigint, page_rows bigint, only_carrier text, only_plan bigint
) RETURNS TABLE (subscription_id bigint, largest numeric, usage_type text, price numeric)
LANGUAGE plpgsql STABLE ROWS 100
SET plan_cache_mode = force_generic_plan SET work_mem = '64MB' SET enable_sort = off AS $$
#variable_conflict use_column
DECLARE
    is_one_month constant boolean := coalesce(first_month = last_month, false);
    is_all_time constant boolean := first_month IS NULL AND last_month IS NULL;
    least_bound numeric := price_limit;
    -- How many at first; all that there are, once it is NULL. A month is one row to sum, and its bound wider than a total's.
    candidates_taken bigint := CASE WHEN is_one_month THEN 2 * page_rows + 50 ELSE page_rows + page_rows / 4 + 20 END;
    -- What the walk of a first page takes: about so many rows of each usage type reach as far down as the page.
    rows_walked constant bigint := cardinality(usage_types) * page_rows + 50;
    -- Those that are asked for by name need no walk.
    candidates bigint[] := CASE WHEN subscription_ids IS NULL OR only_carrier IS NULL AND only_plan IS NULL
        THEN subscription_ids ELSE
        ARRAY(SELECT id FROM subscription
              WHERE id = ANY (subscription_ids)
                AND (only_carrier IS NULL OR carrier = only_carrier) AND (only_plan IS NULL OR plan_id = only_plan)) END;
    seen bigint[] := '{}';
    bound_left_out numeric;
    summed_ids bigint[] := '{}';
    summed_types text[] := '{}';
    summed_prices numeric[] := '{}';
    page_ids bigint[];
    page_prices numeric[];
BEGIN
    -- The first page of a month where nothing is put aside: the rows walked hold the prices themselves, and whoever was left out paid
    -- less than the page's last, for any usage type. On a later page a row may be of a subscription that stood on an earlier one.
    -- Each usage type is walked by a branch of its own: two walks that have an order are merged in it as far as the page needs.
    IF is_one_month AND subscription_ids IS NULL AND only_carrier IS NULL AND only_plan IS NULL AND after_price IS NULL
       AND NOT EXISTS (SELECT FROM usage_delta) THEN
        WITH walked AS MATERIALIZED (
            SELECT usage_type, subscription_id, price, ceiling
            FROM (
                (SELECT usage_type, subscription_id, price, ceiling
                 FROM monthly_usage
                 WHERE month + 0 = first_month  -- as the index has it
                   AND usage_type = 'data' AND 'data' = ANY (usage_types)
                   AND ceiling >= price_limit
                 ORDER BY ceiling DESC)
                UNION ALL
                (SELECT usage_type, subscription_id, price, ceiling
                 FROM monthly_usage
                 WHERE month + 0 = first_month  -- as the index has it
                   AND usage_type = 'voice' AND 'voice' = ANY (usage_types)
                   AND ceiling >= price_limit
                 ORDER BY ceiling DESC)
            ) AS stored
            ORDER BY ceiling DESC
            LIMIT rows_walked
        ),
        page AS (
            SELECT subscription_id, max(price) AS price
            FROM walked
            GROUP BY subscription_id
            HAVING max(price) >= price_limit
            ORDER BY max(price) DESC, subscription_id
            LIMIT page_rows
        ),
        left_out AS (
            SELECT min(ceiling) AS bound FROM walked HAVING count(*) = rows_walked
        )
        SELECT array_agg(subscription_id), array_agg(price), (SELECT bound FROM left_out)
        FROM page
        INTO page_ids, page_prices, bound_left_out;

        IF bound_left_out IS NULL OR page_prices[page_rows] > bound_left_out THEN
            RETURN QUERY
            SELECT page.subscription_id, page.price, reached.usage_type, reached.price
            FROM unnest(page_ids, page_prices) AS page (subscription_id, price)
            JOIN monthly_usage AS reached
                ON reached.subscription_id = page.subscription_id
               AND reached.usage_type = ANY (usage_types COLLATE "C")
               AND reached.month = first_month
            WHERE reached.price >= price_limit;
            RETURN;
        END IF;
    END IF;

    LOOP
        IF subscription_ids IS NULL THEN
            WITH delta AS MATERIALIZED (
                SELECT subscription_id, usage_type, sum(price) AS price
                FROM usage_unfolded
                WHERE usage_type = ANY (usage_types)
                  AND (first_month IS NULL OR day >= first_month)
                  AND (last_month IS NULL OR day < last_month + interval '1 month')
                GROUP BY subscription_id, usage_type
            ),
            walked AS (
                -- One of these two walks an index, the other is left out.
                SELECT month.subscription_id, month.bound
                FROM unnest(usage_types) AS wanted (usage_type)
                CROSS JOIN LATERAL (
                    SELECT subscription_id, ceiling AS bound
                    FROM monthly_usage
                    WHERE month + 0 = first_month  -- as the index has it
                      AND usage_type = wanted.usage_type COLLATE "C"
                      AND ceiling >= least_bound
                      AND ceiling <= coalesce(usage_highest_ceiling(after_price), 'infinity')
                      AND subscription_id NOT IN (SELECT subscription_id FROM delta)
                      AND subscription_id <> ALL (seen)
                      AND (only_carrier IS NULL
                           OR (SELECT carrier FROM subscription WHERE id = monthly_usage.subscription_id) = only_carrier)
                      AND (only_plan IS NULL
                           OR (SELECT plan_id FROM subscription WHERE id = monthly_usage.subscription_id) = only_plan)
                    ORDER BY ceiling DESC
                    LIMIT candidates_taken
                ) AS month
                WHERE is_one_month
                UNION ALL
                SELECT total.subscription_id, total.bound
                FROM unnest(usage_types) AS wanted (usage_type)
                CROSS JOIN LATERAL (
                    SELECT subscription_id, ceiling AS bound
                    FROM total_usage
                    WHERE usage_type = wanted.usage_type COLLATE "C"
                      AND ceiling >= least_bound
                      AND (after_price IS NULL OR NOT is_all_time OR floor <= after_price)
                      AND subscription_id NOT IN (SELECT subscription_id FROM delta)
                      AND subscription_id <> ALL (seen)
                      AND (only_carrier IS NULL
                           OR (SELECT carrier FROM subscription WHERE id = total_usage.subscription_id) = only_carrier)
                      AND (only_plan IS NULL
                           OR (SELECT plan_id FROM subscription WHERE id = total_usage.subscription_id) = only_plan)
                    ORDER BY ceiling DESC
                    LIMIT candidates_taken
                ) AS total
                WHERE NOT is_one_month
                UNION ALL
                SELECT subscription_id, sum(price)
                FROM (
                    SELECT subscription_id, usage_type, price FROM delta
                    UNION ALL
                    SELECT bounded.subscription_id, bounded.usage_type, bounded.ceiling
                    FROM (SELECT DISTINCT subscription_id FROM delta) AS changed
                    CROSS JOIN unnest(usage_types) AS wanted (usage_type)
                    CROSS JOIN LATERAL (
                        SELECT subscription_id, usage_type, ceiling
                        FROM monthly_usage AS stored
                        WHERE stored.subscription_id = changed.subscription_id
                          AND stored.usage_type = wanted.usage_type COLLATE "C"
                          AND stored.month = first_month
                          AND is_one_month
                        UNION ALL
                        SELECT subscription_id, usage_type, ceiling
                        FROM total_usage AS stored
                        WHERE stored.subscription_id = changed.subscription_id
                          AND stored.usage_type = wanted.usage_type COLLATE "C"
                          AND NOT is_one_month
                    ) AS bounded
                ) AS parts
                WHERE subscription_id <> ALL (seen)
                  AND (only_carrier IS NULL
                       OR (SELECT carrier FROM subscription WHERE id = parts.subscription_id) = only_carrier)
                  AND (only_plan IS NULL
                       OR (SELECT plan_id FROM subscription WHERE id = parts.subscription_id) = only_plan)
                GROUP BY subscription_id, usage_type
                HAVING sum(price) >= least_bound
                ORDER BY bound DESC
                LIMIT candidates_taken
            )
            SELECT array_agg(DISTINCT subscription_id), CASE WHEN count(*) = candidates_taken THEN min(bound) END
            FROM walked
            INTO candidates, bound_left_out;
        END IF;

        SELECT summed_ids || array_agg(summed.subscription_id), summed_types || array_agg(summed.usage_type),
               summed_prices || array_agg(summed.price)
        FROM usage_summed(candidates, usage_types, first_month, last_month) AS summed
        INTO summed_ids, summed_types, summed_prices;

        SELECT array_agg(page.subscription_id), array_agg(page.price)
        FROM (
            SELECT subscription_id, max(price) AS price
            FROM unnest(summed_ids, summed_prices) AS summed (subscription_id, price)
            GROUP BY subscription_id
            HAVING max(price) >= price_limit
               AND (after_price IS NULL
                    OR max(price) < after_price
                    OR max(price) = after_price AND subscription_id > after_id)
            ORDER BY max(price) DESC, subscription_id
            LIMIT page_rows
        ) AS page
        INTO page_ids, page_prices;

        EXIT WHEN bound_left_out IS NULL OR page_prices[page_rows] > bound_left_out;
        seen := seen || candidates;
        IF page_prices[page_rows] IS NULL THEN
            candidates_taken := candidates_taken * 4;
        ELSE
            candidates_taken := NULL;
            least_bound := page_prices[page_rows];
        END IF;
    END LOOP;

    RETURN QUERY
    SELECT page.subscription_id, page.price, reached.usage_type, reached.price
    FROM unnest(page_ids, page_prices) AS page (subscription_id, price)
    JOIN unnest(summed_ids, summed_types, summed_prices) AS reached (subscription_id, usage_type, price)
        USING (subscription_id)
    WHERE reached.price >= price_limit;
END $$;
