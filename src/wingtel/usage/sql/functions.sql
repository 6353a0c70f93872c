-- Functions over the raw records, and the rules and triggers beside them. Applied after every migration, so this file is what the
-- database holds.

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
    IF EXISTS (SELECT FROM usage_day WHERE day = business_day AND state = 'expired') THEN
        RAISE EXCEPTION 'day expired: the raw records of % are gone', business_day
            USING HINT = 'Correct its aggregates by an adjustment.', ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    -- So that writers to the partition find the row, whatever their snapshot.
    INSERT INTO usage_day (day) VALUES (business_day) ON CONFLICT DO NOTHING;
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
    FOREACH raw IN ARRAY ARRAY['data_usage_record', 'voice_usage_record']::regclass[] LOOP
        IF NOT EXISTS (SELECT FROM pg_rewrite
                       WHERE ev_class = raw AND rulename = 'merge_would_be_miscounted' AND ev_enabled = 'O') THEN
            EXECUTE format('CREATE OR REPLACE RULE merge_would_be_miscounted AS ON DELETE TO %s
                            WHERE false DO ALSO NOTHING', raw);
            EXECUTE format('ALTER TABLE ONLY %s ENABLE RULE merge_would_be_miscounted', raw);
        END IF;
    END LOOP;
END $$;

-- Enable or disable the change events of writers.
--
-- Every write locks its raw table before it is planned, and reads the state when it is planned. This waits for all writers, so that no
-- transaction sees the state change between its first write and its commit.
CREATE OR REPLACE FUNCTION usage_set_announcing(announcing boolean) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE ONLY data_usage_record, ONLY voice_usage_record IN SHARE ROW EXCLUSIVE MODE;
    EXECUTE format(
        'CREATE OR REPLACE FUNCTION usage_writers_announce() RETURNS boolean
         LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $f$ SELECT %L::boolean $f$', announcing);
END $$;

-- The raw records of both tables: with the adjustments, the sources of the aggregates.
CREATE OR REPLACE VIEW usage_source AS
SELECT subscription_id, 'data'::text COLLATE "C" AS usage_type, usage_date, kilobytes_used AS used, price
FROM data_usage_record
UNION ALL
SELECT subscription_id, 'voice'::text COLLATE "C", usage_date, seconds_used, price
FROM voice_usage_record;

-- Reopen a day that was sealed, or is being sealed, when its raw records change: a trigger on its partitions from then on.
--
-- A snapshot older than the seal would not see it: above READ COMMITTED, locking the row fails if it changed since.
CREATE OR REPLACE FUNCTION usage_reopen_day() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        PERFORM FROM usage_day WHERE day = TG_ARGV[0]::date FOR UPDATE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the day % began to be kept after this transaction did', TG_ARGV[0]
                USING ERRCODE = 'serialization_failure', HINT = 'Run the transaction again.';
        END IF;
    END IF;
    UPDATE usage_day
    SET state = 'open', reopened_at = now(), reopened = reopened + (state = 'sealed')::integer
    WHERE day = TG_ARGV[0]::date AND state IN ('sealing', 'sealed');
    RETURN CASE WHEN TG_LEVEL = 'STATEMENT' THEN NULL WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;

-- Make every write to a day's raw records reopen it, from the end of this transaction on. Waits for writers to them.
CREATE OR REPLACE FUNCTION usage_watch_day(business_day date) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    data text := format('%I', 'data_usage_record_' || to_char(business_day, 'YYYYMMDD'));
    voice text := format('%I', 'voice_usage_record_' || to_char(business_day, 'YYYYMMDD'));
    partition text;
BEGIN
    EXECUTE format('LOCK TABLE %s, %s IN SHARE ROW EXCLUSIVE MODE', data, voice);
    FOREACH partition IN ARRAY ARRAY[data, voice] LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER reopen_day BEFORE INSERT OR UPDATE OR DELETE ON %s
                        FOR EACH ROW EXECUTE FUNCTION usage_reopen_day(%L)', partition, business_day);
        EXECUTE format('CREATE OR REPLACE TRIGGER reopen_day_emptied BEFORE TRUNCATE ON %s
                        FOR EACH STATEMENT EXECUTE FUNCTION usage_reopen_day(%L)', partition, business_day);
    END LOOP;
END $$;

-- Lock a day's raw records against all other sessions, to drop them. Dropping a partition needs a lock on the raw table too: the parents
-- are locked first, in the order in which writers lock them.
CREATE OR REPLACE FUNCTION usage_lock_day(business_day date) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE ONLY data_usage_record, ONLY voice_usage_record IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('LOCK TABLE %I, %I IN ACCESS EXCLUSIVE MODE',
                   'data_usage_record_' || to_char(business_day, 'YYYYMMDD'),
                   'voice_usage_record_' || to_char(business_day, 'YYYYMMDD'));
END $$;

-- Drop a day's raw records.
CREATE OR REPLACE FUNCTION usage_drop_day(business_day date) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('DROP TABLE %I, %I',
                   'data_usage_record_' || to_char(business_day, 'YYYYMMDD'),
                   'voice_usage_record_' || to_char(business_day, 'YYYYMMDD'));
END $$;

-- Reject changes and deletions of adjustments.
CREATE OR REPLACE FUNCTION usage_keep_adjustment() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    kept bigint;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        SELECT min(id) INTO kept FROM usage_adjustment;
        IF kept IS NULL THEN
            RETURN NULL;
        END IF;
    ELSE
        kept := OLD.id;
    END IF;
    RAISE EXCEPTION 'adjustment % is kept as it is', kept
        USING HINT = 'Reverse it by another.', ERRCODE = 'object_not_in_prerequisite_state';
END $$;
CREATE OR REPLACE TRIGGER keep BEFORE UPDATE OR DELETE ON usage_adjustment
    FOR EACH ROW EXECUTE FUNCTION usage_keep_adjustment();
CREATE OR REPLACE TRIGGER keep_truncated BEFORE TRUNCATE ON usage_adjustment
    FOR EACH STATEMENT EXECUTE FUNCTION usage_keep_adjustment();
