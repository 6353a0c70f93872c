-- Statement-level triggers with transition tables on the raw tables and their partitions.
--
-- Their functions differ only in the raw table and in the event, so usage_define_trigger() writes them from one text. format() quotes
-- identifiers.

-- Define the trigger function of one raw table for one event. `changed_usage` holds the rows that the statement added and took away, and
-- `apply` is the statement that counts them. A single row is counted by the function `apply_one`, if it is given. From `many` rows on,
-- `apply_many` counts them, planned for the tables as they are. If another session stores one of its keys at the same time, `apply` runs.
--
-- Hash and merge joins would change rows in another order than that of their keys, and sessions could deadlock. A table that is empty
-- when the statement is planned would be read whole for each key, while the statement fills it. Hence no sequential scan.
CREATE OR REPLACE FUNCTION usage_define_trigger(
    raw regclass, usage_type text, quantity name, event text,
    apply text, apply_one text, apply_many text, many integer
) RETURNS void
LANGUAGE plpgsql AS $define$
DECLARE
    added constant text := format(
        'SELECT subscription_id, usage_date, %I AS used, price, 1 AS records FROM new_rows', quantity);
    removed constant text := format(
        'SELECT subscription_id, usage_date, -%I AS used, -price AS price, -1 AS records FROM old_rows', quantity);
    changed text := CASE event
        WHEN 'insert' THEN added
        WHEN 'delete' THEN removed
        WHEN 'update' THEN added || ' UNION ALL ' || removed
        -- TRUNCATE has no transition table: the rows that it will remove are read from the table just before.
        WHEN 'truncate' THEN replace(removed, 'old_rows', '%I.%I')
    END;
    changes constant text := format($changes$
        WITH changed_usage AS (
            SELECT subscription_id, %L::text COLLATE "C" AS usage_type, usage_business_day(usage_date) AS day,
                   used, price, records
            FROM (%s) AS changed
        )
    $changes$, usage_type, changed);
    steps text := CASE
        WHEN event = 'truncate' THEN
            format('PERFORM usage_require_read_committed(''TRUNCATE''); EXECUTE format(%L, TG_TABLE_SCHEMA, TG_TABLE_NAME);',
                   changes || apply)
        ELSE
            changes || apply || ';'
    END;
BEGIN
    IF apply_many IS NOT NULL AND event <> 'truncate' THEN
        steps := format($steps$
            IF counted = %s THEN
                BEGIN
                    EXECUTE %L;
                    RETURN NULL;
                EXCEPTION WHEN unique_violation THEN NULL;
                END;
            END IF;
        $steps$, many, changes || apply_many) || steps;
    END IF;
    IF apply_one IS NOT NULL AND event IN ('insert', 'delete') THEN
        steps := format($steps$
            IF counted = 1 THEN
                PERFORM %I(subscription_id, %L, usage_business_day(usage_date), used, price, records) FROM (%s) AS changed;
                RETURN NULL;
            END IF;
        $steps$, apply_one, usage_type, changed) || steps;
    END IF;
    IF event <> 'truncate' THEN
        steps := format('counted := (SELECT count(*) FROM (SELECT FROM %I LIMIT %s) AS first_rows);',
                        CASE event WHEN 'insert' THEN 'new_rows' ELSE 'old_rows' END, many) || steps;
    END IF;
    EXECUTE format(
        'CREATE OR REPLACE FUNCTION %I() RETURNS trigger
         LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS %L',
        format('usage_count_%s_%s', raw, event), format('DECLARE counted bigint; BEGIN %s RETURN NULL; END', steps));
END $define$;

-- Attach the triggers of the raw table `parent` to `relation`, which is the parent or one of its partitions.
--
-- Writing through the parent fires only the parent's triggers, and writing to a partition by name only the partition's. So every record
-- is counted once. TRUNCATE of the parent fires each partition's trigger, so the parent has none.
CREATE OR REPLACE FUNCTION usage_attach_triggers(parent regclass, relation regclass) RETURNS void
LANGUAGE plpgsql AS $attach$
BEGIN
    EXECUTE format('CREATE OR REPLACE TRIGGER usage_insert AFTER INSERT ON %s
                    REFERENCING NEW TABLE AS new_rows
                    FOR EACH STATEMENT EXECUTE FUNCTION %I()', relation, format('usage_count_%s_insert', parent));
    EXECUTE format('CREATE OR REPLACE TRIGGER usage_update AFTER UPDATE ON %s
                    REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
                    FOR EACH STATEMENT EXECUTE FUNCTION %I()', relation, format('usage_count_%s_update', parent));
    EXECUTE format('CREATE OR REPLACE TRIGGER usage_delete AFTER DELETE ON %s
                    REFERENCING OLD TABLE AS old_rows
                    FOR EACH STATEMENT EXECUTE FUNCTION %I()', relation, format('usage_count_%s_delete', parent));
    IF relation <> parent THEN
        EXECUTE format('CREATE OR REPLACE TRIGGER usage_truncate BEFORE TRUNCATE ON %s
                        FOR EACH STATEMENT EXECUTE FUNCTION %I()', relation, format('usage_count_%s_truncate', parent));
    END IF;
END $attach$;

CREATE OR REPLACE FUNCTION usage_disable_triggers(relation regclass, trigger name) RETURNS void
LANGUAGE plpgsql AS $disable$
BEGIN
    EXECUTE format('ALTER TABLE ONLY %s DISABLE TRIGGER %I', relation, trigger);
END $disable$;
