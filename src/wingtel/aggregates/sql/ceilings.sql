-- Who reached a price limit in a month is found by the ceiling of each price instead of its band, and deltas are put aside
-- packed. See docs/decisions/0003 and 0011.

-- The views are made anew with the functions.
DROP VIEW IF EXISTS usage_daily, usage_monthly;
DROP FUNCTION IF EXISTS
    usage_exceeding_in_month(date, text[], numeric, bigint[], numeric, bigint, bigint),
    usage_exceeding_ever(text[], numeric, bigint[], numeric, bigint, bigint),
    usage_summed(bigint[], text[]),
    usage_define_trigger(regclass, text, name, text, text);

DROP INDEX monthly_usage_band;
ALTER TABLE monthly_usage DROP COLUMN price_band;
DROP FUNCTION usage_price_band(numeric);

-- Only our own statements write these tables, and each would prepare the checks anew: that took two fifths of counting one record.
ALTER TABLE daily_usage DROP CONSTRAINT daily_usage_usage_type_check;
ALTER TABLE monthly_usage
    DROP CONSTRAINT monthly_usage_usage_type_check,
    DROP CONSTRAINT monthly_usage_month_check,
    DROP CONSTRAINT monthly_usage_ceiling;
ALTER TABLE total_usage DROP CONSTRAINT total_usage_usage_type_check;

-- On month + 0, so that nothing uses it but what means to: while a table is growing, the planner would take it for as good as the
-- primary key to find one row.
CREATE INDEX monthly_usage_ceiling ON monthly_usage ((month + 0), usage_type, ceiling);

-- The highest ceiling that a price can have: the floor of any higher one lies above it.
CREATE FUNCTION usage_highest_ceiling(price numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT greatest(price + 0.5, price * 1.0667) $$;

-- The first day of the month of a day.
CREATE FUNCTION usage_month(day date) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT day - (date_part('day', day)::integer - 1) $$;

-- What was added and taken away since the last fold. One row holds what a statement did to a day, an element for each raw
-- record: `records` of them were added, or taken away if negative. Written once and read whole, so it has no index, and
-- compressing it would take longer than writing it.
DO $$
BEGIN
    IF EXISTS (SELECT FROM usage_delta) THEN
        PERFORM usage_populate(day, day) FROM (SELECT DISTINCT day FROM usage_delta) AS days;
    END IF;
END $$;
DROP TABLE usage_delta;
CREATE TABLE usage_delta (
    usage_type    text COLLATE "C" NOT NULL,
    day           date NOT NULL,
    subscriptions bigint[] NOT NULL,
    used          bigint[] NOT NULL,
    prices        numeric[] NOT NULL,
    records       bigint NOT NULL,
    since         timestamptz NOT NULL DEFAULT now()
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
ALTER TABLE usage_delta
    ALTER subscriptions SET STORAGE EXTERNAL,
    ALTER used SET STORAGE EXTERNAL,
    ALTER prices SET STORAGE EXTERNAL;
