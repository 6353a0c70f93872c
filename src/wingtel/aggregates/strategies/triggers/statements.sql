-- name: attach
-- Attach the triggers to one relation of a raw table.
SELECT triggers_attach(%(parent)s::regclass, %(relation)s::regclass)

-- name: attach_everywhere
-- Attach the triggers to both raw tables and all their partitions.
SELECT triggers_attach(parent, relation)
FROM (
    SELECT inhparent::regclass AS parent, inhrelid::regclass AS relation FROM pg_inherits
    UNION ALL
    SELECT raw::regclass, raw::regclass FROM (VALUES ('data_usage_record'), ('voice_usage_record')) AS raws (raw)
) AS relations
WHERE parent IN ('data_usage_record'::regclass, 'voice_usage_record'::regclass)

-- name: uninstall
-- Take out the functions; the triggers that call them go with them.
DROP FUNCTION IF EXISTS
    triggers_attach(regclass, regclass),
    triggers_data_usage_record_insert(), triggers_voice_usage_record_insert(),
    triggers_data_usage_record_update(), triggers_voice_usage_record_update(),
    triggers_data_usage_record_delete(), triggers_voice_usage_record_delete(),
    triggers_data_usage_record_truncate(), triggers_voice_usage_record_truncate()
CASCADE
