-- Subscriptions that reached a price limit, in any period of business days.
--
-- The price of a subscription and usage type in a month has an upper bound, which is indexed. The sum of these bounds is the
-- upper bound over several months, and lifetime usage has the sum over all months. The subscriptions with the highest upper bounds are summed
-- exactly: a page of them sets the price to reach. Then the candidates are summed: all subscriptions whose upper bounds allow for that
-- price. A price p in k months takes one month with an upper bound of at least p / k, and upper bounds that sum to p at least. See
-- docs/decisions/0036.

-- The first day of the first whole month in a period that begins with `first_day`.
CREATE OR REPLACE FUNCTION usage_whole_months_from(first_day date) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT usage_month(usage_month(first_day - 1) + 31) $$;

-- The first day after the last whole month in a period that ends with `last_day`.
CREATE OR REPLACE FUNCTION usage_whole_months_until(last_day date) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT usage_month(last_day + 1) $$;

-- The months of the days from one to another.
CREATE OR REPLACE FUNCTION usage_months(first_day date, last_day date) RETURNS date[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ARRAY(SELECT month::date FROM generate_series(usage_month(first_day)::timestamp, last_day::timestamp, '1 month') AS month)
$$;

-- The prices of some subscriptions in a period: its whole months, the days at its edges, and pending deltas.
CREATE OR REPLACE FUNCTION usage_paid(subscription_ids bigint[], usage_types text[], first_day date, last_day date)
RETURNS TABLE (subscription_id bigint, usage_type text, price numeric)
LANGUAGE sql STABLE ROWS 200 AS $$
    SELECT parts.subscription_id, parts.usage_type, sum(parts.price)
    FROM (
        SELECT stored.subscription_id, stored.usage_type, stored.price, stored.used, stored.records
        FROM wingtel_monthly_usage AS stored
        WHERE stored.subscription_id = ANY (subscription_ids) AND stored.usage_type = ANY (usage_types)
          AND stored.month >= usage_whole_months_from(first_day) AND stored.month < usage_whole_months_until(last_day)
        UNION ALL
        SELECT stored.subscription_id, stored.usage_type, stored.price, stored.used, stored.records
        FROM wingtel_daily_usage AS stored
        WHERE stored.subscription_id = ANY (subscription_ids) AND stored.usage_type = ANY (usage_types)
          AND stored.day >= first_day AND stored.day <= least(last_day, usage_whole_months_from(first_day) - 1)
          AND first_day < usage_whole_months_from(first_day)  -- else no row is looked up
        UNION ALL
        SELECT stored.subscription_id, stored.usage_type, stored.price, stored.used, stored.records
        FROM wingtel_daily_usage AS stored
        WHERE stored.subscription_id = ANY (subscription_ids) AND stored.usage_type = ANY (usage_types)
          AND stored.day >= greatest(usage_whole_months_from(first_day), usage_whole_months_until(last_day))
          AND stored.day <= last_day
          AND last_day >= greatest(usage_whole_months_from(first_day), usage_whole_months_until(last_day))
        UNION ALL
        SELECT delta.subscription_id, delta.usage_type, delta.price, delta.used, delta.records
        FROM usage_pending_delta AS delta
        WHERE (delta.subscription_id IN (SELECT unnest(subscription_ids))) IS TRUE  -- a lookup by hash
          AND delta.usage_type = ANY (usage_types)
          AND delta.day >= first_day AND delta.day <= last_day
    ) AS parts
    GROUP BY parts.subscription_id, parts.usage_type
    HAVING (sum(parts.used), sum(parts.price), sum(parts.records)) <> (0, 0, 0)
$$;

-- The subscriptions with the highest upper bounds up to `most`: `taken` of each usage type and month or, without months, of the totals.
-- Carrier and plan are looked up row by row: a hash of all their subscriptions would cost more.
CREATE OR REPLACE FUNCTION usage_likely_to_exceed(
    months date[], usage_types text[], least_upper_bound numeric, most numeric, taken bigint, only_carrier text, only_plan bigint
) RETURNS bigint[]
LANGUAGE sql STABLE AS $$
    SELECT array_agg(DISTINCT subscription_id)
    FROM (
        SELECT highest.subscription_id
        FROM unnest(months) AS requested (month)
        CROSS JOIN unnest(usage_types) AS wanted (usage_type)
        CROSS JOIN LATERAL (
            SELECT subscription_id
            FROM wingtel_monthly_usage AS stored
            WHERE month + 0 = requested.month  -- the expression of the index
              AND usage_type = wanted.usage_type COLLATE "C" AND price_upper_bound >= least_upper_bound AND price_upper_bound <= most
              AND (only_carrier IS NULL OR (SELECT carrier FROM wingtel_subscription WHERE id = stored.subscription_id) = only_carrier)
              AND (only_plan IS NULL OR (SELECT plan_id FROM wingtel_subscription WHERE id = stored.subscription_id) = only_plan)
            ORDER BY price_upper_bound DESC
            LIMIT taken
        ) AS highest
        UNION ALL
        SELECT highest.subscription_id
        FROM unnest(usage_types) AS wanted (usage_type)
        CROSS JOIN LATERAL (
            SELECT subscription_id
            FROM wingtel_lifetime_usage AS stored
            WHERE usage_type = wanted.usage_type COLLATE "C" AND price_upper_bound >= least_upper_bound AND price_lower_bound <= most
              AND (only_carrier IS NULL OR (SELECT carrier FROM wingtel_subscription WHERE id = stored.subscription_id) = only_carrier)
              AND (only_plan IS NULL OR (SELECT plan_id FROM wingtel_subscription WHERE id = stored.subscription_id) = only_plan)
            ORDER BY price_upper_bound DESC
            LIMIT taken
        ) AS highest
        WHERE months IS NULL
    ) AS found
$$;

-- The candidates: subscriptions whose upper bounds allow for `least_price` in some months together or, without months, in all months, by
-- lifetime usage. Those with a month, or a lifetime, that is known to be more than `most` are left out.
CREATE OR REPLACE FUNCTION usage_able_to_exceed(months date[], usage_types text[], least_price numeric, most numeric)
RETURNS SETOF bigint
LANGUAGE sql STABLE ROWS 1000 AS $$
    SELECT able.subscription_id
    FROM (
        SELECT DISTINCT stored.subscription_id, wanted.usage_type
        FROM unnest(months) AS requested (month)
        CROSS JOIN unnest(usage_types) AS wanted (usage_type)
        CROSS JOIN LATERAL (
            SELECT subscription_id
            FROM wingtel_monthly_usage
            WHERE month + 0 = requested.month  -- the expression of the index
              AND usage_type = wanted.usage_type COLLATE "C"
              AND price_upper_bound >= least_price / nullif(cardinality(months), 0) AND price_upper_bound <= most
        ) AS stored
    ) AS able
    CROSS JOIN LATERAL (
        SELECT sum(price_upper_bound) AS upper_bounds
        FROM wingtel_monthly_usage AS stored
        WHERE stored.subscription_id = able.subscription_id AND stored.usage_type = able.usage_type COLLATE "C"
          AND stored.month >= months[1] AND stored.month <= months[cardinality(months)]
    ) AS bound
    WHERE bound.upper_bounds >= least_price
    UNION ALL
    SELECT stored.subscription_id
    FROM unnest(usage_types) AS wanted (usage_type)
    CROSS JOIN LATERAL (
        SELECT subscription_id
        FROM wingtel_lifetime_usage
        WHERE usage_type = wanted.usage_type COLLATE "C" AND price_upper_bound >= least_price AND price_lower_bound <= most
    ) AS stored
    WHERE months IS NULL
$$;

-- A page of the subscriptions that reached the limit, given their prices: `page_rows` of them after a position, the largest price first,
-- and a row for each usage type that reached it. A subscription is placed by its largest price.
CREATE OR REPLACE FUNCTION usage_page(
    subscription_ids bigint[], usage_types text[], prices numeric[],
    price_limit numeric, after_price numeric, after_id bigint, page_rows bigint
) RETURNS TABLE (subscription_id bigint, largest numeric, usage_type text, price numeric)
LANGUAGE sql IMMUTABLE ROWS 200 AS $$
    SELECT placed.subscription_id, placed.largest, placed.usage_type, placed.price
    FROM (
        SELECT reached.*, dense_rank() OVER (ORDER BY reached.largest DESC, reached.subscription_id) AS place
        FROM (
            SELECT paid.*, max(paid.price) OVER (PARTITION BY paid.subscription_id) AS largest
            FROM unnest(subscription_ids, usage_types, prices) AS paid (subscription_id, usage_type, price)
            WHERE paid.price >= price_limit
        ) AS reached
        WHERE after_price IS NULL
           OR reached.largest < after_price
           OR reached.largest = after_price AND reached.subscription_id > after_id
    ) AS placed
    WHERE placed.place <= page_rows
$$;

-- The first page of one month without pending deltas, in the time of reading it. The rows with the highest upper bounds hold the prices
-- themselves, and all other prices are less than the lowest of these bounds. Returns no row if that does not decide the page. Each usage
-- type has a branch of its own: the ordered scans are merged in order, as far as the page needs.
CREATE OR REPLACE FUNCTION usage_first_page_of_month(of_month date, usage_types text[], price_limit numeric, page_rows bigint)
RETURNS TABLE (subscription_id bigint, largest numeric, usage_type text, price numeric)
LANGUAGE sql STABLE ROWS 200 AS $$
    WITH walked AS MATERIALIZED (
        SELECT stored.subscription_id, stored.price, stored.price_upper_bound
        FROM (
            (SELECT subscription_id, price, price_upper_bound
             FROM wingtel_monthly_usage
             WHERE month + 0 = of_month AND usage_type = 'data' AND 'data' = ANY (usage_types) AND price_upper_bound >= price_limit
               AND (used, price, records) <> (0, 0, 0)
             ORDER BY price_upper_bound DESC)
            UNION ALL
            (SELECT subscription_id, price, price_upper_bound
             FROM wingtel_monthly_usage
             WHERE month + 0 = of_month AND usage_type = 'voice' AND 'voice' = ANY (usage_types) AND price_upper_bound >= price_limit
               AND (used, price, records) <> (0, 0, 0)
             ORDER BY price_upper_bound DESC)
            UNION ALL
            (SELECT subscription_id, price, price_upper_bound
             FROM wingtel_monthly_usage
             WHERE month + 0 = of_month AND usage_type = 'sms' AND 'sms' = ANY (usage_types) AND price_upper_bound >= price_limit
               AND (used, price, records) <> (0, 0, 0)
             ORDER BY price_upper_bound DESC)
        ) AS stored
        ORDER BY stored.price_upper_bound DESC
        LIMIT cardinality(usage_types) * page_rows + 50
    ),
    page AS MATERIALIZED (
        SELECT walked.subscription_id, max(walked.price) AS largest
        FROM walked
        GROUP BY walked.subscription_id
        HAVING max(walked.price) >= price_limit
        ORDER BY max(walked.price) DESC, walked.subscription_id
        LIMIT page_rows
    )
    SELECT page.subscription_id, page.largest, stored.usage_type, stored.price
    FROM page
    JOIN wingtel_monthly_usage AS stored
        ON stored.subscription_id = page.subscription_id
       AND stored.usage_type = ANY (usage_types COLLATE "C")
       AND stored.month = of_month
    WHERE stored.price >= price_limit AND (stored.used, stored.price, stored.records) <> (0, 0, 0)
      AND ((SELECT count(*) FROM walked) < cardinality(usage_types) * page_rows + 50
           OR (SELECT count(*) = page_rows AND min(page.largest) > (SELECT min(walked.price_upper_bound) FROM walked) FROM page))
$$;

-- The search for the subscriptions that reached a limit in a period, by the months that have aggregates: `months` whose upper bounds are
-- searched, or NULL for lifetime usage, whose bounds are tighter for a period of more than half of all months. A price is divided by `parts`.
-- After a position, upper bounds over `most_likely` are too high to begin with, and those over `most_able` lie before the position.
CREATE OR REPLACE FUNCTION usage_search(
    first_day date, last_day date, after_price numeric, lowest_pending numeric,
    OUT months date[], OUT parts bigint, OUT most_likely numeric, OUT most_able numeric
)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    first_known constant date := coalesce((SELECT month + 0 FROM wingtel_monthly_usage ORDER BY month + 0 LIMIT 1), '9998-12-01');
    last_known constant date := coalesce((SELECT month + 0 FROM wingtel_monthly_usage ORDER BY month + 0 DESC LIMIT 1), '1900-01-01');
    known constant bigint := cardinality(usage_months(first_known, last_known));
    are_whole boolean;
BEGIN
    months := usage_months(greatest(first_day, first_known), least(last_day, last_known));
    parts := greatest(cardinality(months), 1);
    are_whole := months[1] >= usage_whole_months_from(first_day) AND months[parts] < usage_whole_months_until(last_day);
    IF 2 * parts <= known THEN
        most_likely := usage_highest_upper_bound(after_price / parts);
        most_able := CASE WHEN are_whole AND parts = 1 THEN usage_highest_upper_bound(after_price - lowest_pending) END;
    ELSE
        most_likely := after_price * known / parts;
        most_able := CASE WHEN are_whole AND parts = known THEN after_price - lowest_pending END;
        months := NULL;
        parts := 1;
    END IF;
    most_likely := coalesce(most_likely, 'infinity');
    most_able := coalesce(most_able, 'infinity');
END $$;

-- The subscriptions whose price in a period can exceed the upper bounds of its months. Their month at an edge has a negative adjustment
-- outside the period.
CREATE OR REPLACE FUNCTION usage_lowered_beside(first_day date, last_day date) RETURNS SETOF bigint
LANGUAGE sql STABLE ROWS 10 AS $$
    SELECT subscription_id
    FROM wingtel_usage_adjustment
    WHERE price < 0
      AND (day >= usage_month(first_day) AND day < first_day
           OR day > last_day AND day < usage_whole_months_from(last_day + 1))
$$;

-- The pending deltas of a period, by subscription and usage type: each sum lies between `lowest` and `highest`.
CREATE OR REPLACE FUNCTION usage_pending(
    first_day date, last_day date, usage_types text[], OUT ids bigint[], OUT prices numeric[], OUT highest numeric, OUT lowest numeric
)
LANGUAGE sql STABLE AS $$
    SELECT array_agg(subscription_id), array_agg(price), greatest(max(price), 0), least(min(price), 0)
    FROM (
        SELECT subscription_id, sum(price) AS price
        FROM usage_pending_delta
        WHERE day >= first_day AND day <= last_day AND usage_type = ANY (usage_types)
        GROUP BY subscription_id, usage_type
    ) AS pending
$$;

-- Subscriptions whose price in a period reached a limit: a page of `page_rows` of them after a position, the largest price first. Each has
-- a row for each usage type that did. With a carrier or a plan, only its own.
--
-- The bounds are widened by the pending deltas, which also find subscriptions with nothing stored. Plans are cached, since planning takes
-- longer than running. They use index lookups, whatever the size of the tables.
CREATE OR REPLACE FUNCTION usage_exceeding_between(
    first_day date, last_day date, usage_types text[], price_limit numeric, subscription_ids bigint[],
    after_price numeric, after_id bigint, page_rows bigint, only_carrier text, only_plan bigint
) RETURNS TABLE (subscription_id bigint, largest numeric, usage_type text, price numeric)
LANGUAGE plpgsql STABLE ROWS 100
SET plan_cache_mode = force_generic_plan SET work_mem = '64MB'
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_sort = off AS $$
#variable_conflict use_column
DECLARE
    is_of_all constant boolean := only_carrier IS NULL AND only_plan IS NULL;
    candidates bigint[] := subscription_ids;
    pending record;
    search record;
    likely bigint[];
    least_price numeric;
    ids bigint[];
    types text[];
    prices numeric[];
BEGIN
    IF subscription_ids IS NULL THEN
        pending := usage_pending(first_day, last_day, usage_types);
        IF usage_is_month(first_day, last_day) AND is_of_all AND after_price IS NULL AND pending.ids IS NULL THEN
            RETURN QUERY SELECT * FROM usage_first_page_of_month(first_day, usage_types, price_limit, page_rows);
            IF FOUND THEN RETURN; END IF;
        END IF;
        search := usage_search(first_day, last_day, after_price, pending.lowest);
        likely := usage_likely_to_exceed(search.months, usage_types, (price_limit - pending.highest) / search.parts,
                                         search.most_likely, page_rows + 20, only_carrier, only_plan);
        SELECT array_agg(paid.subscription_id), array_agg(paid.usage_type), array_agg(paid.price)
        FROM usage_paid(likely, usage_types, first_day, last_day) AS paid
        INTO ids, types, prices;
        SELECT min(largest)
        FROM usage_page(ids, types, prices, price_limit, after_price, after_id, page_rows)
        HAVING count(DISTINCT subscription_id) = page_rows
        INTO least_price;
        least_price := coalesce(least_price, price_limit);
        candidates := ARRAY(
            SELECT usage_able_to_exceed(search.months, usage_types, least_price - pending.highest, search.most_able)
            UNION
            SELECT id FROM unnest(pending.ids, pending.prices) AS alone (id, price) WHERE price >= least_price
            UNION
            SELECT usage_lowered_beside(first_day, last_day)
            EXCEPT
            SELECT unnest(likely));
    END IF;
    IF NOT is_of_all THEN
        candidates := ARRAY(SELECT id FROM wingtel_subscription
                            WHERE id = ANY (candidates) AND (only_carrier IS NULL OR carrier = only_carrier)
                              AND (only_plan IS NULL OR plan_id = only_plan));
    END IF;
    SELECT ids || array_agg(paid.subscription_id), types || array_agg(paid.usage_type), prices || array_agg(paid.price)
    FROM usage_paid(candidates, usage_types, first_day, last_day) AS paid
    INTO ids, types, prices;
    RETURN QUERY SELECT * FROM usage_page(ids, types, prices, price_limit, after_price, after_id, page_rows);
END $$;
