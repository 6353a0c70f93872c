-- name: define
-- Define the trigger functions of the raw tables from the statements that count changes.
SELECT usage_define_trigger(raw, usage_type, quantity, event,
                            %(apply)s, %(apply_one)s, %(apply_many)s, %(many)s)
FROM usage_raw_table
CROSS JOIN (VALUES ('insert'), ('update'), ('delete'), ('truncate')) AS events (event)

-- name: attach
-- Attach the triggers to one relation of a raw table.
SELECT usage_attach_triggers(%(parent)s::regclass, %(relation)s::regclass)

-- name: attach_everywhere
-- Attach the triggers to the raw tables and all their partitions.
SELECT usage_attach_triggers(raw, relation)
FROM (SELECT raw, partition AS relation FROM usage_partition UNION ALL SELECT raw, raw FROM usage_raw_table) AS relations

-- name: disable_everywhere
-- Disable all triggers; attaching enables them again.
SELECT usage_disable_triggers(tgrelid::regclass, tgname)
FROM pg_trigger
WHERE tgname LIKE 'usage\_%%' AND NOT tgisinternal
  AND tgrelid IN (SELECT raw FROM usage_raw_table UNION ALL SELECT partition FROM usage_partition)

-- name: uninstall
-- Drop the functions, and with them the triggers that call them.
DO $$
DECLARE
    trigger_function text;
BEGIN
    FOR trigger_function IN
        SELECT format('usage_count_%s_%s', raw, event)
        FROM usage_raw_table CROSS JOIN unnest(ARRAY['insert', 'update', 'delete', 'truncate']) AS event
    LOOP
        EXECUTE format('DROP FUNCTION IF EXISTS %I() CASCADE', trigger_function);
    END LOOP;
END $$;
DROP FUNCTION IF EXISTS
    usage_define_trigger(regclass, text, name, text, text, text, text, integer),
    usage_attach_triggers(regclass, regclass),
    usage_disable_triggers(regclass, name)
