-- The operator's business day: the calendar day in the operator's time zone.
--
-- The zone is state of the database, kept as the bodies of three functions, so that SQL and Python read the same
-- one and the planner can inline it. usage_set_time_zone() rewrites the three together.

CREATE FUNCTION usage_set_time_zone(zone text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_timezone_names WHERE name = zone) THEN
        RAISE EXCEPTION 'unknown time zone "%"', zone
            USING HINT = 'Name a zone of the IANA database, such as Europe/Berlin.';
    END IF;
    IF EXISTS (SELECT FROM pg_inherits WHERE inhparent IN ('data_usage_record'::regclass, 'voice_usage_record'::regclass)) THEN
        RAISE EXCEPTION 'the time zone cannot change while there are partitions bounded by its midnights'
            USING HINT = 'Set it before the first record is stored.';
    END IF;

    EXECUTE format(
        'CREATE OR REPLACE FUNCTION usage_time_zone() RETURNS text
         LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $f$ SELECT %1$L::text $f$', zone);
    EXECUTE format(
        'CREATE OR REPLACE FUNCTION usage_business_day(moment timestamptz) RETURNS date
         LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $f$ SELECT (moment AT TIME ZONE %1$L)::date $f$', zone);
    -- The first moment of a day. Where clocks go back over midnight, midnight comes twice and PostgreSQL takes the
    -- second one: the day began an hour earlier.
    EXECUTE format(
        'CREATE OR REPLACE FUNCTION usage_day_start(day date) RETURNS timestamptz
         LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $f$
             SELECT midnight - CASE WHEN ((midnight - interval ''1 hour'') AT TIME ZONE %1$L)::date = day
                                    THEN interval ''1 hour'' ELSE interval ''0'' END
             FROM (SELECT day::timestamp AT TIME ZONE %1$L) AS start (midnight)
         $f$', zone);
END $$;

SELECT usage_set_time_zone('UTC');
