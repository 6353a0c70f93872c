-- The trigger functions of the strategy. They differ only in the raw table they serve and in
-- the event, so triggers_define() writes them from one text; identifiers are quoted by format().

-- Define the trigger function of one raw table for one event.
--
-- It sums what the statement added and took away by subscription and day, and adds the sums to both stored tables.
-- Rows are changed in the order of their keys, days before months (which count the days changed, to come after them),
-- so that statements which touch the same keys wait for each other instead of deadlocking.
CREATE OR REPLACE FUNCTION triggers_define(raw regclass, usage_type text, quantity name, event text) RETURNS void
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
        -- TRUNCATE has no transition table: what it will remove is read from the table just before.
        WHEN 'truncate' THEN replace(removed, 'old_rows', '%I.%I')
    END;
    apply constant text := format($apply$
        WITH delta AS MATERIALIZED (
            SELECT subscription_id, %1$L::text COLLATE "C" AS usage_type,
                   date_trunc('month', day::timestamp)::date AS month, day, used, price, records
            FROM (
                SELECT subscription_id, usage_business_day(usage_date) AS day,
                       sum(used)::bigint AS used, sum(price) AS price, sum(records)::bigint AS records
                FROM (%2$s) AS changed
                GROUP BY 1, 2
            ) AS sums
            WHERE (used, price, records) <> (0, 0, 0)
            ORDER BY subscription_id, day
        ),
        days AS (
            INSERT INTO daily_usage AS stored (subscription_id, usage_type, day, used, price, records)
            SELECT subscription_id, usage_type, day, used, price, records FROM delta
            ON CONFLICT (subscription_id, usage_type, day) DO UPDATE SET
                used = stored.used + excluded.used,
                price = stored.price + excluded.price,
                records = stored.records + excluded.records
            RETURNING 1
        )
        INSERT INTO monthly_usage AS stored (subscription_id, usage_type, month, used, price, records)
        SELECT subscription_id, usage_type, month, sum(used), sum(price), sum(records)
        FROM delta
        WHERE (SELECT count(*) FROM days) > 0
        GROUP BY subscription_id, usage_type, month
        ORDER BY subscription_id, month
        ON CONFLICT (subscription_id, usage_type, month) DO UPDATE SET
            used = stored.used + excluded.used,
            price = stored.price + excluded.price,
            records = stored.records + excluded.records
    $apply$, usage_type, changed);
BEGIN
    EXECUTE format(
        'CREATE OR REPLACE FUNCTION %I() RETURNS trigger LANGUAGE plpgsql AS %L',
        format('triggers_%s_%s', raw, event),
        CASE event
            WHEN 'truncate' THEN
                format('BEGIN PERFORM usage_require_read_committed(''TRUNCATE'');
                        EXECUTE format(%L, TG_TABLE_SCHEMA, TG_TABLE_NAME); RETURN NULL; END', apply)
            ELSE
                format('BEGIN %s; RETURN NULL; END', apply)
        END);
END $define$;

SELECT triggers_define(raw::regclass, usage_type, quantity, event)
FROM (VALUES ('data_usage_record', 'data', 'kilobytes_used'),
             ('voice_usage_record', 'voice', 'seconds_used')) AS raws (raw, usage_type, quantity)
CROSS JOIN (VALUES ('insert'), ('update'), ('delete'), ('truncate')) AS events (event);

DROP FUNCTION triggers_define(regclass, text, name, text);

-- Attach the triggers of the raw table `parent` to `relation`, which is the parent or one of its partitions.
--
-- Writing through the parent fires the parent's triggers only, writing to a partition by name fires the partition's only, so
-- every record is counted once either way. TRUNCATE of the parent fires each partition's, which is why the parent
-- has none.
CREATE OR REPLACE FUNCTION triggers_attach(parent regclass, relation regclass) RETURNS void
LANGUAGE plpgsql AS $attach$
BEGIN
    EXECUTE format('CREATE OR REPLACE TRIGGER usage_insert AFTER INSERT ON %s
                    REFERENCING NEW TABLE AS new_rows
                    FOR EACH STATEMENT EXECUTE FUNCTION %I()', relation, format('triggers_%s_insert', parent));
    EXECUTE format('CREATE OR REPLACE TRIGGER usage_update AFTER UPDATE ON %s
                    REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
                    FOR EACH STATEMENT EXECUTE FUNCTION %I()', relation, format('triggers_%s_update', parent));
    EXECUTE format('CREATE OR REPLACE TRIGGER usage_delete AFTER DELETE ON %s
                    REFERENCING OLD TABLE AS old_rows
                    FOR EACH STATEMENT EXECUTE FUNCTION %I()', relation, format('triggers_%s_delete', parent));
    IF relation <> parent THEN
        EXECUTE format('CREATE OR REPLACE TRIGGER usage_truncate BEFORE TRUNCATE ON %s
                        FOR EACH STATEMENT EXECUTE FUNCTION %I()', relation, format('triggers_%s_truncate', parent));
    END IF;
END $attach$;
