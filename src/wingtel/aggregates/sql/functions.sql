-- Functions over the stored aggregates. Applied after every migration, so this file is what the database holds.

-- Return the first day of the month of a day.
CREATE OR REPLACE FUNCTION usage_month(day date) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT day - (date_part('day', day)::integer - 1) $$;

-- Return true if a period is one whole month.
CREATE OR REPLACE FUNCTION usage_is_month(first date, last date) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT first = usage_month(first) AND last + 1 = usage_month(last + 1) AND last - first < 31 $$;

-- Raise an exception above READ COMMITTED: records that were committed meanwhile would not be seen, and aggregates would lack them.
CREATE OR REPLACE FUNCTION usage_require_read_committed(what text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION '% needs READ COMMITTED: at % it would miss usage records committed meanwhile',
            what, upper(current_setting('transaction_isolation'))
            USING HINT = 'Run it in a transaction of its own at the default isolation level.';
    END IF;
END $$;

-- An amount with four decimals, or as many more as it needs. serialization.money() does the same.
CREATE OR REPLACE FUNCTION usage_money(amount numeric) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT round(amount, greatest(min_scale(amount), 4))::text $$;

-- A text as a cell of CSV, NULL if it is empty. For spreadsheets, an apostrophe before it keeps it from being taken for a formula.
CREATE OR REPLACE FUNCTION usage_csv_text(value text, for_spreadsheets boolean) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN for_spreadsheets AND left(value, 1) IN ('=', '+', '-', '@', E'\t', E'\r') THEN '''' || value
                ELSE nullif(value, '') END
$$;

-- Lock the stored aggregates against changes until the transaction ends, waiting for transactions that have changed them.
--
-- Each statement that changes aggregates locks wingtel_daily_usage until its transaction ends, so one lock is enough. More could deadlock:
-- writers reach the other tables in the order of their plans.
CREATE OR REPLACE FUNCTION usage_lock_stored() RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE wingtel_daily_usage IN SHARE ROW EXCLUSIVE MODE;
END $$;

-- A hash of one subscription's usage on one day. The sum over all subscriptions is the day's fingerprint, which any damage to some of
-- them changes. It is kept for years, so the hash depends neither on the server's version nor on trailing zeros of a price.
CREATE OR REPLACE FUNCTION usage_key_hash(subscription_id bigint, used numeric, price numeric, records bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ('x' || encode(substr(sha256((
        subscription_id::text || ' ' || used::text || ' ' || trim_scale(price)::text || ' ' || records::text
    )::bytea), 1, 8), 'hex'))::bit(64)::bigint
$$;

-- Count an adjustment at once in the stored aggregates, unless answers of its day are computed from the sources.
--
-- Like every writer, it locks a raw table, so that the strategy stays the same until it commits. It locks the day, so that the day is
-- not sealed without it. It locks the subscription first, as a removal does.
CREATE OR REPLACE FUNCTION usage_count_adjustment() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    state_of_day text;
BEGIN
    PERFORM FROM wingtel_subscription WHERE id = NEW.subscription_id FOR KEY SHARE;
    LOCK TABLE ONLY wingtel_data_usage_record IN ROW EXCLUSIVE MODE;
    INSERT INTO wingtel_usage_day (day) VALUES (NEW.day) ON CONFLICT DO NOTHING;
    SELECT state INTO STRICT state_of_day FROM wingtel_usage_day WHERE day = NEW.day FOR SHARE;
    IF usage_stores() OR state_of_day IN ('sealed', 'expired') THEN
        PERFORM usage_add(NEW.subscription_id, NEW.usage_type, NEW.day, NEW.used, NEW.price, 0);
    ELSIF usage_capture_enabled() THEN
        INSERT INTO wingtel_usage_change (day, subscriptions) VALUES (NEW.day, ARRAY[NEW.subscription_id]);
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER count_adjustment AFTER INSERT ON wingtel_usage_adjustment
    FOR EACH ROW EXECUTE FUNCTION usage_count_adjustment();

-- One of some subscriptions that has usage, NULL if none has: aggregates of any day, pending deltas included, or an adjustment. With
-- `in_raw`, also raw records that are not counted. They have no index by subscription, and are all read if nothing else is found.
CREATE OR REPLACE FUNCTION usage_find_used(subscription_ids bigint[], in_raw boolean) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT subscription_id
        FROM (
            SELECT subscription_id FROM wingtel_usage_adjustment WHERE subscription_id = ANY (subscription_ids)
            UNION ALL
            SELECT subscription_id FROM usage_daily WHERE subscription_id = ANY (subscription_ids)
            UNION ALL
            SELECT subscription_id FROM usage_source WHERE in_raw AND subscription_id = ANY (subscription_ids)
        ) AS used
        LIMIT 1
    );
END $$;

-- Reject the removal of subscriptions that have usage: there is no foreign key, and their usage on expired days would have no subscription.
--
-- Writers are locked out before the raw records are read, so that none stores a record of a subscription that is removed.
CREATE OR REPLACE FUNCTION usage_protect_subscription() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    removed bigint[];
    used bigint;
BEGIN
    PERFORM usage_require_read_committed('removing a subscription');
    IF TG_OP = 'TRUNCATE' THEN
        removed := ARRAY(SELECT id FROM wingtel_subscription);
    ELSE
        removed := ARRAY(SELECT id FROM old_rows);
    END IF;
    used := usage_find_used(removed, in_raw => false);
    IF used IS NULL AND cardinality(removed) > 0 THEN
        PERFORM usage_lock_raw_tables('SHARE', with_partitions => true);
        used := usage_find_used(removed, in_raw => true);
    END IF;
    IF used IS NOT NULL THEN
        RAISE EXCEPTION 'subscription % has usage and cannot be removed', used
            USING HINT = 'Delete it softly, which keeps its usage: delete_softly() in Python, DELETE in the API, or set deleted_at.',
                  ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER protect_used AFTER DELETE ON wingtel_subscription
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION usage_protect_subscription();
CREATE OR REPLACE TRIGGER protect_used_truncated BEFORE TRUNCATE ON wingtel_subscription
    FOR EACH STATEMENT EXECUTE FUNCTION usage_protect_subscription();
