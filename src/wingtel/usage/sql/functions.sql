-- Functions over the raw records, and the rules and triggers beside them. Applied after every migration, so this file is what the
-- database holds.

-- The raw tables, each with its usage type and the column of its quantity.
CREATE OR REPLACE VIEW usage_raw_table AS
SELECT raw::regclass AS raw, usage_type, quantity
FROM (VALUES ('wingtel_data_usage_record', 'data', 'kilobytes_used'),
             ('wingtel_voice_usage_record', 'voice', 'seconds_used'),
             ('wingtel_sms_usage_record', 'sms', 'messages_sent')) AS raws (raw, usage_type, quantity);

-- Their partitions, one for each business day.
CREATE OR REPLACE VIEW usage_partition AS
SELECT inhparent::regclass AS raw, inhrelid::regclass AS partition, to_date(substring(inhrelid::regclass::text FROM '[0-9]{8}$'), 'YYYYMMDD') AS day
FROM pg_inherits
WHERE inhparent IN (SELECT raw FROM usage_raw_table);

-- The raw records of all usage types: with the adjustments, the sources of the aggregates.
CREATE OR REPLACE VIEW usage_source AS
SELECT subscription_id, 'data'::text COLLATE "C" AS usage_type, usage_date, kilobytes_used AS used, price, record_id, source
FROM wingtel_data_usage_record
UNION ALL
SELECT subscription_id, 'voice'::text COLLATE "C", usage_date, seconds_used, price, record_id, source
FROM wingtel_voice_usage_record
UNION ALL
SELECT subscription_id, 'sms'::text COLLATE "C", usage_date, messages_sent, price, record_id, source
FROM wingtel_sms_usage_record;

-- Create the partition of one raw table for one business day. Return its name, NULL if it exists.
-- The table is created first and attached second: attaching does not wait for writers, CREATE ... PARTITION OF would.
CREATE OR REPLACE FUNCTION usage_ensure_partition(parent regclass, business_day date) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    partition text := format('%s_%s', parent, to_char(business_day, 'YYYYMMDD'));
BEGIN
    IF to_regclass(partition) IS NOT NULL THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('usage_ensure_partition'));
    -- Another session may have created it meanwhile. Failed look-ups of names are cached until a table is locked, so this reads
    -- the catalog instead.
    IF EXISTS (SELECT FROM pg_class AS other JOIN pg_class AS raw USING (relnamespace)
               WHERE raw.oid = parent AND other.relname = partition) THEN
        RETURN NULL;
    END IF;
    -- Its raw records were dropped once their aggregates were proven: a late record could not be told from a duplicate.
    IF EXISTS (SELECT FROM wingtel_usage_day WHERE day = business_day AND state = 'expired') THEN
        RAISE EXCEPTION 'day expired: the raw records of % are gone', business_day
            USING HINT = 'Correct its aggregates by an adjustment.', ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    -- So that writers to the partition find the row, whatever their snapshot.
    INSERT INTO wingtel_usage_day (day) VALUES (business_day) ON CONFLICT DO NOTHING;
    EXECUTE format('CREATE TABLE %I (LIKE %s INCLUDING ALL)', partition, parent);
    EXECUTE format('ALTER TABLE %s ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                   parent, partition, usage_day_start(business_day), usage_day_start(business_day + 1));
    RETURN partition;
END $$;

-- Make PostgreSQL reject MERGE on the raw tables: it does so if a table has a rule, and this one does nothing else.
--
-- On partitioned tables, some versions report the row that MERGE inserted as the new version of those it updates after it. No trigger
-- can detect that (docs/decisions/0031). The rule is one of DELETE, since one of INSERT or UPDATE would forbid ON CONFLICT. It is
-- created only if it is missing or disabled, since that waits for all readers and writers.
DO $$
DECLARE
    raw regclass;
BEGIN
    FOR raw IN SELECT known.raw FROM usage_raw_table AS known LOOP
        IF NOT EXISTS (SELECT FROM pg_rewrite
                       WHERE ev_class = raw AND rulename = 'reject_merge' AND ev_enabled = 'O') THEN
            EXECUTE format('CREATE OR REPLACE RULE reject_merge AS ON DELETE TO %s
                            WHERE false DO ALSO NOTHING', raw);
            EXECUTE format('ALTER TABLE ONLY %s ENABLE RULE reject_merge', raw);
        END IF;
    END LOOP;
END $$;

-- Lock the raw tables in the order in which writers lock them, with their partitions or without.
CREATE OR REPLACE FUNCTION usage_lock_raw_tables(mode text, with_partitions boolean) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE (SELECT format('LOCK TABLE %s IN %s MODE',
                           string_agg(CASE WHEN with_partitions THEN '' ELSE 'ONLY ' END || raw, ', ' ORDER BY raw::text), mode)
             FROM usage_raw_table);
END $$;

-- Lock the partitions of a business day.
CREATE OR REPLACE FUNCTION usage_lock_partitions(business_day date, mode text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE (SELECT format('LOCK TABLE %s IN %s MODE', string_agg(partition::text, ', ' ORDER BY partition::text), mode)
             FROM usage_partition WHERE day = business_day);
END $$;

-- Enable or disable the change events of writers.
--
-- Every write locks its raw table before it is planned, and reads the state when it is planned. This waits for all writers, so that no
-- transaction sees the state change between its first write and its commit.
CREATE OR REPLACE FUNCTION usage_set_change_events(announcing boolean) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM usage_lock_raw_tables('SHARE ROW EXCLUSIVE', with_partitions => false);
    EXECUTE format(
        'CREATE OR REPLACE FUNCTION usage_change_events_enabled() RETURNS boolean
         LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $f$ SELECT %L::boolean $f$', announcing);
END $$;

-- Reopen a day that was sealed, or is being sealed, when its raw records change: a trigger on its partitions from then on.
--
-- A snapshot older than the seal would not see it: above READ COMMITTED, locking the row fails if it changed since.
CREATE OR REPLACE FUNCTION usage_reopen_day() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        PERFORM FROM wingtel_usage_day WHERE day = TG_ARGV[0]::date FOR UPDATE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the day % began to be kept after this transaction did', TG_ARGV[0]
                USING ERRCODE = 'serialization_failure', HINT = 'Run the transaction again.';
        END IF;
    END IF;
    UPDATE wingtel_usage_day
    SET state = 'open', reopened_at = now(), reopened = reopened + (state = 'sealed')::integer
    WHERE day = TG_ARGV[0]::date AND state IN ('sealing', 'sealed');
    RETURN CASE WHEN TG_LEVEL = 'STATEMENT' THEN NULL WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;

-- Make every write to a day's raw records reopen it, from the end of this transaction on. Waits for writers to them.
CREATE OR REPLACE FUNCTION usage_reopen_on_write(business_day date) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    of_day regclass;
BEGIN
    PERFORM usage_lock_partitions(business_day, 'SHARE ROW EXCLUSIVE');
    FOR of_day IN SELECT partition FROM usage_partition WHERE day = business_day LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER reopen_day BEFORE INSERT OR UPDATE OR DELETE ON %s
                        FOR EACH ROW EXECUTE FUNCTION usage_reopen_day(%L)', of_day, business_day);
        EXECUTE format('CREATE OR REPLACE TRIGGER reopen_day_emptied BEFORE TRUNCATE ON %s
                        FOR EACH STATEMENT EXECUTE FUNCTION usage_reopen_day(%L)', of_day, business_day);
    END LOOP;
END $$;

-- Lock a day's raw records against all other sessions, to drop them. Dropping a partition needs a lock on the raw table too: the raw tables
-- are locked first, as by writers.
CREATE OR REPLACE FUNCTION usage_lock_day(business_day date) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM usage_lock_raw_tables('ACCESS EXCLUSIVE', with_partitions => false);
    PERFORM usage_lock_partitions(business_day, 'ACCESS EXCLUSIVE');
END $$;

-- Drop a day's raw records.
CREATE OR REPLACE FUNCTION usage_drop_day(business_day date) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE (SELECT format('DROP TABLE %s', string_agg(partition::text, ', ')) FROM usage_partition WHERE day = business_day);
END $$;

-- Reject changes and deletions of adjustments.
CREATE OR REPLACE FUNCTION usage_protect_adjustment() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    kept bigint;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        SELECT min(id) INTO kept FROM wingtel_usage_adjustment;
        IF kept IS NULL THEN
            RETURN NULL;
        END IF;
    ELSE
        kept := OLD.id;
    END IF;
    RAISE EXCEPTION 'adjustment % is kept as it is', kept
        USING HINT = 'Reverse it by another.', ERRCODE = 'object_not_in_prerequisite_state';
END $$;
CREATE OR REPLACE TRIGGER keep BEFORE UPDATE OR DELETE ON wingtel_usage_adjustment
    FOR EACH ROW EXECUTE FUNCTION usage_protect_adjustment();
CREATE OR REPLACE TRIGGER protect_truncated BEFORE TRUNCATE ON wingtel_usage_adjustment
    FOR EACH STATEMENT EXECUTE FUNCTION usage_protect_adjustment();
