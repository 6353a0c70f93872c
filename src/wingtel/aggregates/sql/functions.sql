-- Functions over the stored aggregates. Applied after every migration, so this file is what the database holds.

-- Refuse to go on where records that were committed meanwhile are not seen, and aggregates would leave them out.
CREATE OR REPLACE FUNCTION usage_require_read_committed(what text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION '% needs READ COMMITTED: at % it would miss usage records committed meanwhile',
            what, upper(current_setting('transaction_isolation'))
            USING HINT = 'Run it in a transaction of its own at the default isolation level.';
    END IF;
END $$;

-- An amount as it is shown: with four decimals, or as many more as it needs. answers.money() does the same.
CREATE OR REPLACE FUNCTION usage_money(amount numeric) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT round(amount, greatest(min_scale(amount), 4))::text $$;

-- A text as a cell of comma-separated lines: nothing where it is empty. A spreadsheet must not take it for a formula, so where it is for
-- one, an apostrophe before it makes it a text.
CREATE OR REPLACE FUNCTION usage_csv_text(value text, for_spreadsheets boolean) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN for_spreadsheets AND left(value, 1) IN ('=', '+', '-', '@', E'\t', E'\r') THEN '''' || value
                ELSE nullif(value, '') END
$$;

-- Keep everybody from changing the stored aggregates, and wait for those who are at it, until the transaction ends.
--
-- Each statement that changes aggregates holds a lock on daily_usage until its transaction ends. This one is enough, and more could
-- deadlock: writers come to the other tables in the order their plans happen to have.
CREATE OR REPLACE FUNCTION usage_lock_stored() RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE daily_usage IN SHARE ROW EXCLUSIVE MODE;
END $$;

-- A number that stands for what one subscription used on one day: its sum over all subscriptions is a day's fingerprint, which no
-- damage to some of them leaves as it is. Kept for years, so it depends on no server's version, and not on zeros at the end of a price.
CREATE OR REPLACE FUNCTION usage_key_hash(subscription_id bigint, used numeric, price numeric, records bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ('x' || encode(substr(sha256((
        subscription_id::text || ' ' || used::text || ' ' || trim_scale(price)::text || ' ' || records::text
    )::bytea), 1, 8), 'hex'))::bit(64)::bigint
$$;

-- Replace the daily aggregates of some days by the sums of the sources; returns how many rows of raw records there are. Under
-- usage_lock_stored(). Days whose raw records are gone keep what they have.
CREATE OR REPLACE FUNCTION usage_populate_days(first_day date, last_day date) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    stored bigint;
    expired date[] := ARRAY(SELECT day FROM usage_day WHERE day BETWEEN first_day AND last_day AND state = 'expired');
BEGIN
    DELETE FROM usage_delta WHERE day BETWEEN first_day AND last_day AND day <> ALL (expired);
    DELETE FROM daily_usage WHERE day BETWEEN first_day AND last_day AND day <> ALL (expired);
    INSERT INTO daily_usage (subscription_id, usage_type, day, used, price, records)
    SELECT subscription_id, usage_type, day, used, price, records
    FROM (
        -- Each raw table by itself: the usage type is no key to group by then, which is a fifth faster.
        SELECT subscription_id, 'data' AS usage_type, usage_business_day(usage_date) AS day,
               sum(kilobytes_used) AS used, sum(price) AS price, count(*) AS records
        FROM data_usage_record
        WHERE usage_date >= usage_day_start(first_day) AND usage_date < usage_day_start(last_day + 1)
        GROUP BY 1, 3
        UNION ALL
        SELECT subscription_id, 'voice', usage_business_day(usage_date), sum(seconds_used), sum(price), count(*)
        FROM voice_usage_record
        WHERE usage_date >= usage_day_start(first_day) AND usage_date < usage_day_start(last_day + 1)
        GROUP BY 1, 3
    ) AS grouped
    ORDER BY day, subscription_id, usage_type;
    GET DIAGNOSTICS stored = ROW_COUNT;
    INSERT INTO daily_usage AS stored (subscription_id, usage_type, day, used, price, records)
    SELECT subscription_id, usage_type, day, sum(used), sum(price), 0
    FROM usage_adjustment
    WHERE day BETWEEN first_day AND last_day AND day <> ALL (expired)
    GROUP BY subscription_id, usage_type, day
    ORDER BY day, subscription_id, usage_type
    ON CONFLICT (subscription_id, usage_type, day) DO UPDATE SET
        used = stored.used + excluded.used,
        price = stored.price + excluded.price;
    RETURN stored;
END $$;

-- Replace the monthly aggregates of some months by the sums of their days, and bring the totals along. Their ceilings are
-- the lowest.
CREATE OR REPLACE FUNCTION usage_populate_months(first_month date, last_month date) RETURNS void
LANGUAGE sql AS $$
    WITH fresh AS MATERIALIZED (
        SELECT subscription_id, usage_type, date_trunc('month', day::timestamp)::date AS month,
               sum(used) AS used, sum(price) AS price, sum(records) AS records
        FROM daily_usage
        WHERE day >= first_month AND day < last_month + interval '1 month'
        GROUP BY 1, 2, 3
        ORDER BY 3, 1, 2
    ),
    kept AS (
        INSERT INTO monthly_usage AS stored (subscription_id, usage_type, month, used, price, records, ceiling)
        SELECT subscription_id, usage_type, month, used, price, records, usage_price_least_ceiling(price)
        FROM fresh
        ON CONFLICT (subscription_id, usage_type, month) DO UPDATE SET
            used = excluded.used,
            price = excluded.price,
            records = excluded.records,
            ceiling = excluded.ceiling,
            previous_ceiling = stored.ceiling
        RETURNING subscription_id, usage_type, ceiling, previous_ceiling
    ),
    gone AS (
        DELETE FROM monthly_usage AS stored
        WHERE month + 0 BETWEEN first_month AND last_month  -- as the index has it
          -- OFFSET 0 keeps this a probe of the index for each row, whatever the planner believes of tables just filled.
          AND NOT EXISTS (SELECT FROM daily_usage AS daily
                          WHERE daily.subscription_id = stored.subscription_id
                            AND daily.usage_type = stored.usage_type
                            AND daily.day >= stored.month AND daily.day < stored.month + interval '1 month'
                          OFFSET 0)
        RETURNING subscription_id, usage_type, NULL::numeric AS ceiling, ceiling AS previous_ceiling
    )
    INSERT INTO total_usage AS stored (subscription_id, usage_type, floor, ceiling)
    SELECT subscription_id, usage_type,
           sum(coalesce(usage_price_floor(ceiling), 0) - coalesce(usage_price_floor(previous_ceiling), 0)),
           sum(coalesce(ceiling, 0) - coalesce(previous_ceiling, 0))
    FROM (SELECT * FROM kept UNION ALL SELECT * FROM gone) AS changed
    WHERE ceiling IS DISTINCT FROM previous_ceiling
    GROUP BY subscription_id, usage_type
    ORDER BY subscription_id, usage_type
    ON CONFLICT (subscription_id, usage_type) DO UPDATE SET
        floor = stored.floor + excluded.floor,
        ceiling = stored.ceiling + excluded.ceiling;
    INSERT INTO usage_change (day)
    SELECT month FROM generate_series(first_month, last_month, interval '1 month') AS month WHERE watching_usage();
$$;

-- Replace all totals by the sums of the months.
CREATE OR REPLACE FUNCTION usage_populate_totals() RETURNS void
LANGUAGE sql AS $$
    DELETE FROM total_usage;
    INSERT INTO total_usage (subscription_id, usage_type, floor, ceiling)
    SELECT subscription_id, usage_type, sum(usage_price_floor(ceiling)), sum(ceiling)
    FROM monthly_usage
    GROUP BY subscription_id, usage_type
    ORDER BY subscription_id, usage_type;
$$;

-- Recompute the aggregates of some days from the sources, replacing what is there; returns the daily rows stored.
--
-- Writers may go on. They wait for populate, and then add to what it has stored. The lock is taken before the sources are read,
-- so that the statements after it see what was committed meanwhile.
CREATE OR REPLACE FUNCTION usage_populate(first_day date, last_day date) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    stored bigint;
BEGIN
    PERFORM usage_require_read_committed('populate');
    PERFORM usage_lock_stored();
    stored := usage_populate_days(first_day, last_day);
    PERFORM usage_populate_months(date_trunc('month', first_day::timestamp)::date,
                                  date_trunc('month', last_day::timestamp)::date);
    RETURN stored;
END $$;

-- Count an adjustment at once: in the stored aggregates, unless answers of its day are computed from the sources.
--
-- Like every writer it holds a lock on a raw table, so the strategy is the same until it commits; and it holds the day, so that
-- the day is not sealed without it. The subscription comes first, as for whoever removes one.
CREATE OR REPLACE FUNCTION usage_count_adjustment() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    state_of_day text;
BEGIN
    PERFORM FROM subscription WHERE id = NEW.subscription_id FOR KEY SHARE;
    LOCK TABLE ONLY data_usage_record IN ROW EXCLUSIVE MODE;
    INSERT INTO usage_day (day) VALUES (NEW.day) ON CONFLICT DO NOTHING;
    SELECT state INTO STRICT state_of_day FROM usage_day WHERE day = NEW.day FOR SHARE;
    IF usage_stores() OR state_of_day IN ('sealed', 'expired') THEN
        PERFORM usage_add(NEW.subscription_id, NEW.usage_type, NEW.day, NEW.used, NEW.price, 0);
    ELSIF watching_usage() THEN
        INSERT INTO usage_change (day, subscriptions) VALUES (NEW.day, ARRAY[NEW.subscription_id]);
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER count_adjustment AFTER INSERT ON usage_adjustment
    FOR EACH ROW EXECUTE FUNCTION usage_count_adjustment();

-- One of some subscriptions that has usage, NULL where none has: on any day, pending deltas included, or by an adjustment; and with
-- `in_raw` by raw records that nobody counted. These have no index by subscription, and are read whole if nothing else is found.
CREATE OR REPLACE FUNCTION usage_find_used(subscription_ids bigint[], in_raw boolean) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT subscription_id
        FROM (
            SELECT subscription_id FROM usage_adjustment WHERE subscription_id = ANY (subscription_ids)
            UNION ALL
            SELECT subscription_id FROM usage_daily WHERE subscription_id = ANY (subscription_ids)
            UNION ALL
            SELECT subscription_id FROM usage_source WHERE in_raw AND subscription_id = ANY (subscription_ids)
        ) AS used
        LIMIT 1
    );
END $$;

-- Refuse to remove subscriptions that have usage: there is no foreign key, and what they used on expired days would be counted for nobody.
--
-- Writers are locked out before the raw records are read, so that none stores a record of a subscription that is gone.
CREATE OR REPLACE FUNCTION usage_keep_subscription() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    removed bigint[];
    used bigint;
BEGIN
    PERFORM usage_require_read_committed('removing a subscription');
    IF TG_OP = 'TRUNCATE' THEN
        removed := ARRAY(SELECT id FROM subscription);
    ELSE
        removed := ARRAY(SELECT id FROM old_rows);
    END IF;
    used := usage_find_used(removed, in_raw => false);
    IF used IS NULL AND cardinality(removed) > 0 THEN
        LOCK TABLE data_usage_record, voice_usage_record IN SHARE MODE;
        used := usage_find_used(removed, in_raw => true);
    END IF;
    IF used IS NOT NULL THEN
        RAISE EXCEPTION 'subscription % has usage and cannot be removed', used
            USING HINT = 'Delete it softly, which keeps its usage: delete_softly() in Python, DELETE in the API, or set deleted_at.',
                  ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER keep_used AFTER DELETE ON subscription
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION usage_keep_subscription();
CREATE OR REPLACE TRIGGER keep_used_truncated BEFORE TRUNCATE ON subscription
    FOR EACH STATEMENT EXECUTE FUNCTION usage_keep_subscription();
