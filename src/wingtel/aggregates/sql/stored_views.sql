-- What readers see where the stored tables are exact. A strategy that puts deltas aside replaces the views by its own; the
-- functions count deltas in, of which there are none elsewhere.

CREATE OR REPLACE VIEW usage_daily AS
SELECT subscription_id, usage_type, day, used, price, records
FROM daily_usage
WHERE records > 0;

CREATE OR REPLACE VIEW usage_monthly AS
SELECT subscription_id, usage_type, month, used, price, records
FROM monthly_usage
WHERE records > 0;

-- Subscriptions whose price in one month reached a limit, the largest first: `page_rows` of them after a position, and a row
-- for each usage type that did. A subscription stands where its largest price stands.
--
-- Walks the index on (month, usage_type, price_band) from the top, once for each usage type. The first page has a
-- subscription's place by taking the largest of its rows; a later page passes over rows of which the same subscription
-- has a larger one, since that one may stand on an earlier page. Subscriptions with deltas are summed instead, and left out
-- of the walk by a hash, which keeps its order; work_mem makes room for it.
CREATE OR REPLACE FUNCTION usage_exceeding_in_month(
    of_month date, usage_types text[], price_limit numeric, subscription_ids bigint[],
    after_price numeric, after_id bigint, page_rows bigint
) RETURNS TABLE (subscription_id bigint, largest numeric, usage_type text, price numeric)
LANGUAGE plpgsql STABLE ROWS 100 SET plan_cache_mode = force_custom_plan SET work_mem = '64MB' AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH delta AS MATERIALIZED (
        SELECT subscription_id, usage_type, sum(price) AS price, sum(records) AS records
        FROM usage_delta
        WHERE day >= of_month AND day < of_month + interval '1 month' AND usage_type = ANY (usage_types)
        GROUP BY subscription_id, usage_type
    ),
    changed AS MATERIALIZED (
        SELECT subscription_id, usage_type, sum(price) AS price
        FROM (
            SELECT subscription_id, usage_type, price, records FROM delta
            UNION ALL
            SELECT stored.subscription_id, stored.usage_type, stored.price, stored.records
            FROM (SELECT DISTINCT subscription_id FROM delta) AS subscription
            CROSS JOIN unnest(usage_types) AS wanted (usage_type)
            JOIN monthly_usage AS stored
                ON stored.subscription_id = subscription.subscription_id
                AND stored.usage_type = wanted.usage_type COLLATE "C"
                AND stored.month = of_month
        ) AS parts
        GROUP BY subscription_id, usage_type
        HAVING sum(records) > 0
    ),
    page AS MATERIALIZED (
        SELECT subscription_id, max(price) AS price
        FROM (
            SELECT walked.subscription_id, walked.price
            FROM unnest(usage_types) AS wanted (usage_type)
            CROSS JOIN LATERAL (
                SELECT candidate.subscription_id, candidate.price
                FROM monthly_usage AS candidate
                WHERE candidate.month = of_month
                  AND candidate.usage_type = wanted.usage_type COLLATE "C"
                  AND candidate.price_band >= usage_price_band(price_limit)
                  AND candidate.price >= price_limit
                  AND candidate.records > 0
                  AND (subscription_ids IS NULL OR candidate.subscription_id = ANY (subscription_ids))
                  AND candidate.subscription_id NOT IN (SELECT subscription_id FROM delta)
                  AND (after_price IS NULL
                       OR candidate.price_band <= usage_price_band(after_price)
                          AND (candidate.price < after_price
                               OR candidate.price = after_price AND candidate.subscription_id > after_id))
                  AND (after_price IS NULL
                       OR NOT EXISTS (
                           SELECT FROM monthly_usage AS larger
                           WHERE larger.subscription_id = candidate.subscription_id
                             AND larger.usage_type <> candidate.usage_type
                             AND larger.usage_type = ANY (usage_types)
                             AND larger.month = of_month
                             AND larger.records > 0
                             AND (larger.price > candidate.price
                                  OR larger.price = candidate.price AND larger.usage_type < candidate.usage_type)
                       ))
                ORDER BY candidate.price_band DESC, candidate.price DESC, candidate.subscription_id
                LIMIT page_rows
            ) AS walked
            UNION ALL
            SELECT subscription_id, max(price)
            FROM changed
            WHERE subscription_ids IS NULL OR subscription_id = ANY (subscription_ids)
            GROUP BY subscription_id
            HAVING max(price) >= price_limit
               AND (after_price IS NULL
                    OR max(price) < after_price
                    OR max(price) = after_price AND subscription_id > after_id)
        ) AS candidates
        GROUP BY subscription_id
        ORDER BY max(price) DESC, subscription_id
        LIMIT page_rows
    )
    SELECT page.subscription_id, page.price, reached.usage_type, reached.price
    FROM page
    JOIN (
        SELECT stored.subscription_id, stored.usage_type, stored.price
        FROM unnest(usage_types) AS wanted (usage_type)
        CROSS JOIN page
        JOIN monthly_usage AS stored
            ON stored.subscription_id = page.subscription_id
            AND stored.usage_type = wanted.usage_type COLLATE "C"
            AND stored.month = of_month
        WHERE stored.records > 0 AND stored.subscription_id NOT IN (SELECT subscription_id FROM delta)
        UNION ALL
        SELECT changed.subscription_id, changed.usage_type, changed.price
        FROM changed
    ) AS reached USING (subscription_id)
    WHERE reached.price >= price_limit;
END $$;

-- What some subscriptions paid in all their months.
CREATE OR REPLACE FUNCTION usage_summed(subscription_ids bigint[], usage_types text[])
RETURNS TABLE (subscription_id bigint, usage_type text, price numeric)
LANGUAGE sql STABLE ROWS 200 AS $$
    SELECT parts.subscription_id, parts.usage_type, sum(parts.price)
    FROM (
        SELECT stored.subscription_id, stored.usage_type, stored.price, stored.records
        FROM monthly_usage AS stored
        WHERE stored.subscription_id = ANY (subscription_ids) AND stored.usage_type = ANY (usage_types)
        UNION ALL
        SELECT delta.subscription_id, delta.usage_type, delta.price, delta.records
        FROM usage_delta AS delta
        WHERE delta.subscription_id = ANY (subscription_ids) AND delta.usage_type = ANY (usage_types)
    ) AS parts
    GROUP BY parts.subscription_id, parts.usage_type
    HAVING sum(parts.records) > 0
$$;

-- The same for all time.
--
-- Takes the candidates with the highest bounds, sums the months of these alone, and is done when the last price of the page
-- lies above the bound of everyone left out; if not, it takes more of them. The bound of a subscription is the ceiling of its
-- total and what its deltas add.
CREATE OR REPLACE FUNCTION usage_exceeding_ever(
    usage_types text[], price_limit numeric, subscription_ids bigint[],
    after_price numeric, after_id bigint, page_rows bigint
) RETURNS TABLE (subscription_id bigint, largest numeric, usage_type text, price numeric)
LANGUAGE plpgsql STABLE ROWS 100 SET plan_cache_mode = force_custom_plan SET work_mem = '64MB' AS $$
#variable_conflict use_column
DECLARE
    candidates_taken bigint := page_rows + page_rows / 4 + 20;
    candidates bigint[];
    bound_left_out numeric;
    summed_ids bigint[];
    summed_types text[];
    summed_prices numeric[];
    page_ids bigint[];
    page_prices numeric[];
BEGIN
    LOOP
        WITH delta AS MATERIALIZED (
            SELECT subscription_id, usage_type, sum(price) AS price
            FROM usage_delta
            WHERE usage_type = ANY (usage_types)
            GROUP BY subscription_id, usage_type
        ),
        walked AS (
            (
                SELECT bounded.subscription_id, bounded.bound
                FROM unnest(usage_types) AS wanted (usage_type)
                CROSS JOIN LATERAL (
                    SELECT total.subscription_id, total.ceiling AS bound
                    FROM total_usage AS total
                    WHERE total.usage_type = wanted.usage_type COLLATE "C"
                      AND total.ceiling >= price_limit
                      AND (after_price IS NULL OR total.floor <= after_price)
                      AND (subscription_ids IS NULL OR total.subscription_id = ANY (subscription_ids))
                      AND total.subscription_id NOT IN (SELECT subscription_id FROM delta)
                    ORDER BY total.ceiling DESC
                    LIMIT candidates_taken
                ) AS bounded
            )
            UNION ALL
            SELECT subscription_id, sum(price)
            FROM (
                SELECT subscription_id, usage_type, price FROM delta
                UNION ALL
                SELECT total.subscription_id, total.usage_type, total.ceiling
                FROM (SELECT DISTINCT subscription_id FROM delta) AS changed
                CROSS JOIN unnest(usage_types) AS wanted (usage_type)
                JOIN total_usage AS total
                    ON total.subscription_id = changed.subscription_id AND total.usage_type = wanted.usage_type COLLATE "C"
            ) AS parts
            WHERE subscription_ids IS NULL OR subscription_id = ANY (subscription_ids)
            GROUP BY subscription_id, usage_type
            ORDER BY bound DESC
            LIMIT candidates_taken
        )
        SELECT array_agg(DISTINCT subscription_id), CASE WHEN count(*) = candidates_taken THEN min(bound) END
        FROM walked
        INTO candidates, bound_left_out;

        SELECT array_agg(summed.subscription_id), array_agg(summed.usage_type), array_agg(summed.price)
        FROM usage_summed(candidates, usage_types) AS summed
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
        candidates_taken := candidates_taken * 4;
    END LOOP;

    RETURN QUERY
    SELECT page.subscription_id, page.price, reached.usage_type, reached.price
    FROM unnest(page_ids, page_prices) AS page (subscription_id, price)
    JOIN unnest(summed_ids, summed_types, summed_prices) AS reached (subscription_id, usage_type, price)
        USING (subscription_id)
    WHERE reached.price >= price_limit;
END $$;
