-- squawk-ignore-file -- every table is new and empty

-- Raw records: one partition for each business day, made by usage_ensure_partition(). There is no default partition, so a record of a day
-- without a partition is rejected.
CREATE TABLE wingtel_data_usage_record (
    record_id       varchar(100) COLLATE "C" NOT NULL,
    usage_date      timestamptz NOT NULL,
    subscription_id bigint NOT NULL,
    price           numeric(18, 8) NOT NULL DEFAULT 0,
    kilobytes_used  bigint NOT NULL,
    source          bigint,
    CONSTRAINT data_usage_record_quantity CHECK (kilobytes_used BETWEEN -1000000000000000 AND 1000000000000000),
    PRIMARY KEY (record_id, usage_date, subscription_id)
) PARTITION BY RANGE (usage_date);

CREATE TABLE wingtel_voice_usage_record (
    record_id       varchar(100) COLLATE "C" NOT NULL,
    usage_date      timestamptz NOT NULL,
    subscription_id bigint NOT NULL,
    price           numeric(18, 8) NOT NULL DEFAULT 0,
    seconds_used    bigint NOT NULL,
    source          bigint,
    CONSTRAINT voice_usage_record_quantity CHECK (seconds_used BETWEEN -1000000000000000 AND 1000000000000000),
    PRIMARY KEY (record_id, usage_date, subscription_id)
) PARTITION BY RANGE (usage_date);

-- Return true if writers must emit change events (wingtel.usage.change_events).
--
-- This is state of the database, kept as the body of a function: the catalog is read afresh in every isolation level, and the planner
-- makes a constant of it. usage_set_change_events() rewrites it.
CREATE FUNCTION usage_change_events_enabled() RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT false $$;

-- Set the operator's time zone, whose calendar days are the business days.
--
-- The zone is state of the database, kept as the bodies of three functions, so that SQL and Python read the same one and the planner
-- can inline it. This rewrites the three together.
CREATE FUNCTION usage_set_time_zone(zone text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_timezone_names WHERE name = zone) THEN
        RAISE EXCEPTION 'unknown time zone "%"', zone
            USING HINT = 'Name a zone of the IANA database, such as Europe/Berlin.';
    END IF;
    IF EXISTS (SELECT FROM pg_inherits
               WHERE inhparent IN ('wingtel_data_usage_record'::regclass, 'wingtel_voice_usage_record'::regclass)) THEN
        RAISE EXCEPTION 'the time zone cannot change while there are partitions bounded by its midnights'
            USING HINT = 'Set it before the first record is stored.';
    END IF;

    EXECUTE format(
        'CREATE OR REPLACE FUNCTION usage_time_zone() RETURNS text
         LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $f$ SELECT %1$L::text $f$', zone);
    EXECUTE format(
        'CREATE OR REPLACE FUNCTION usage_business_day(at timestamptz) RETURNS date
         LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $f$ SELECT (at AT TIME ZONE %1$L)::date $f$', zone);
    -- The first timestamp of a day. Where clocks go back over midnight, midnight comes twice and PostgreSQL takes the second one: the
    -- day began an hour earlier.
    EXECUTE format(
        'CREATE OR REPLACE FUNCTION usage_day_start(day date) RETURNS timestamptz
         LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $f$
             SELECT midnight - CASE WHEN ((midnight - interval ''1 hour'') AT TIME ZONE %1$L)::date = day
                                    THEN interval ''1 hour'' ELSE interval ''0'' END
             FROM (SELECT day::timestamp AT TIME ZONE %1$L) AS start (midnight)
         $f$', zone);
END $$;
