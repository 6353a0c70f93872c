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

-- Recompute the aggregates of some days from the sources, replacing what is there; returns the daily rows stored.
--
-- Writers may go on. Whoever has changed aggregates holds a lock on daily_usage until it commits, and populate waits for
-- it; whoever comes later waits for populate, and then adds to what populate has stored. The lock is taken before the
-- sources are read, so that the statements below see what was committed meanwhile.
-- One lock is enough, and two could deadlock: writers come to the two tables in the order their plans happen to have.
CREATE OR REPLACE FUNCTION usage_populate(first_day date, last_day date) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    first_month date := date_trunc('month', first_day::timestamp);
    last_month date := date_trunc('month', last_day::timestamp);
    stored bigint;
BEGIN
    PERFORM usage_require_read_committed('populate');
    LOCK TABLE daily_usage IN SHARE ROW EXCLUSIVE MODE;

    DELETE FROM daily_usage WHERE day BETWEEN first_day AND last_day;
    INSERT INTO daily_usage (subscription_id, usage_type, day, used, price, records)
    SELECT subscription_id, usage_type, usage_business_day(usage_date), sum(used), sum(price), count(*)
    FROM usage_source
    WHERE usage_date >= usage_day_start(first_day) AND usage_date < usage_day_start(last_day + 1)
    GROUP BY 1, 2, 3
    ORDER BY 3, 1, 2;
    GET DIAGNOSTICS stored = ROW_COUNT;

    DELETE FROM monthly_usage WHERE month BETWEEN first_month AND last_month;
    INSERT INTO monthly_usage (subscription_id, usage_type, month, used, price, records)
    SELECT subscription_id, usage_type, date_trunc('month', day::timestamp)::date, sum(used), sum(price), sum(records)
    FROM daily_usage
    WHERE day >= first_month AND day < last_month + interval '1 month'
    GROUP BY 1, 2, 3
    HAVING sum(records) > 0
    ORDER BY 3, 1, 2;

    RETURN stored;
END $$;
