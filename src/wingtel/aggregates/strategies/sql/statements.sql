-- name: define
-- Define the trigger functions of both raw tables from the statements that count changes.
SELECT usage_define_trigger(raw::regclass, usage_type, quantity, event,
                            %(apply)s, %(apply_one)s, %(apply_many)s, %(many)s)
FROM (VALUES ('data_usage_record', 'data', 'kilobytes_used'),
             ('voice_usage_record', 'voice', 'seconds_used')) AS raws (raw, usage_type, quantity)
CROSS JOIN (VALUES ('insert'), ('update'), ('delete'), ('truncate')) AS events (event)

-- name: attach
-- Attach the triggers to one relation of a raw table.
SELECT usage_attach_triggers(%(parent)s::regclass, %(relation)s::regclass)

-- name: attach_everywhere
-- Attach the triggers to both raw tables and all their partitions.
SELECT usage_attach_triggers(parent, relation)
FROM (
    SELECT inhparent::regclass AS parent, inhrelid::regclass AS relation FROM pg_inherits
    UNION ALL
    SELECT raw::regclass, raw::regclass FROM (VALUES ('data_usage_record'), ('voice_usage_record')) AS raws (raw)
) AS relations
WHERE parent IN ('data_usage_record'::regclass, 'voice_usage_record'::regclass)

-- name: disable_everywhere
-- Disable all triggers; attaching enables them again.
SELECT usage_disable_triggers(tgrelid::regclass, tgname)
FROM pg_trigger
WHERE tgname LIKE 'usage\_%%' AND NOT tgisinternal
  AND (tgrelid IN ('data_usage_record'::regclass, 'voice_usage_record'::regclass)
       OR tgrelid IN (SELECT inhrelid FROM pg_inherits
                      WHERE inhparent IN ('data_usage_record'::regclass, 'voice_usage_record'::regclass)))

-- name: uninstall
-- Drop the functions, and with them the triggers that call them.
DROP FUNCTION IF EXISTS
    usage_define_trigger(regclass, text, name, text, text, text, text, integer),
    usage_attach_triggers(regclass, regclass),
    usage_disable_triggers(regclass, name),
    usage_count_data_usage_record_insert(), usage_count_voice_usage_record_insert(),
    usage_count_data_usage_record_update(), usage_count_voice_usage_record_update(),
    usage_count_data_usage_record_delete(), usage_count_voice_usage_record_delete(),
    usage_count_data_usage_record_truncate(), usage_count_voice_usage_record_truncate()
CASCADE
