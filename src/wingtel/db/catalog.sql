-- name: objects
-- The objects of the schema, each with its table, kind, name and definition, in words that do not depend on the version of PostgreSQL.
--
-- Partitions, and what the active strategy installs, are left out without `complete`, since they come and go. So are the functions whose
-- hashes the strategy stores (aggregates/strategies/sql/drift.sql). NOT NULL constraints are shown by columns, indexes of constraints by
-- the constraints. Left out as well: options of autovacuum, which operators tune, and NOT VALID, which has a check of its own.
WITH relation AS (
    SELECT oid, relname::text AS name, relkind, relpersistence, reloptions, relispartition, relpartbound
    FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND (%(complete)s OR NOT relispartition)
),
object (relation, kind, name, definition) AS (
    SELECT name, 'table', '',
           concat_ws(' ', CASE WHEN relkind = 'p' THEN 'PARTITION BY ' || pg_get_partkeydef(oid) ELSE 'TABLE' END,
                     CASE WHEN relpersistence <> 'p' THEN 'NOT PERMANENT' END,
                     (SELECT 'WITH ' || string_agg(option, ', ' ORDER BY option)
                      FROM unnest(reloptions) AS option WHERE option NOT LIKE 'autovacuum%%'),
                     pg_get_expr(relpartbound, oid))
    FROM relation
    UNION ALL
    SELECT relation.name, 'column', attname,
           concat_ws(' ', format_type(atttypid, atttypmod),
                     CASE WHEN attcollation <> typcollation THEN 'COLLATE ' || attcollation::regcollation::text END,
                     CASE WHEN attstorage <> typstorage THEN 'STORAGE ' || attstorage::text END,
                     CASE WHEN attnotnull THEN 'NOT NULL' END,
                     CASE WHEN attgenerated <> '' THEN 'GENERATED ' || attgenerated::text WHEN adbin IS NOT NULL THEN 'DEFAULT' END,
                     pg_get_expr(adbin, adrelid),
                     CASE WHEN attidentity <> '' THEN 'IDENTITY ' || attidentity::text END)
    FROM relation
    JOIN pg_attribute ON attrelid = relation.oid AND attnum > 0 AND NOT attisdropped
    JOIN pg_type ON pg_type.oid = atttypid
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    UNION ALL
    SELECT relation.name, 'index', pg_class.relname,
           concat_ws(' ', pg_get_indexdef(indexrelid), CASE WHEN NOT indisvalid THEN 'INVALID' END)
    FROM relation JOIN pg_index ON indrelid = relation.oid JOIN pg_class ON pg_class.oid = indexrelid
    WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
    UNION ALL
    SELECT relation.name, 'constraint', conname, replace(pg_get_constraintdef(pg_constraint.oid), ' NOT VALID', '')
    FROM relation JOIN pg_constraint ON conrelid = relation.oid
    WHERE contype IN ('c', 'f', 'p', 'u', 'x')
    UNION ALL
    SELECT relation.name, 'trigger', tgname,
           concat_ws(' ', pg_get_triggerdef(pg_trigger.oid),
                     CASE tgenabled WHEN 'O' THEN NULL WHEN 'D' THEN 'DISABLED' ELSE tgenabled::text END)
    FROM relation JOIN pg_trigger ON tgrelid = relation.oid JOIN pg_proc ON pg_proc.oid = tgfoid
    WHERE NOT tgisinternal AND (%(complete)s OR proname !~ '^usage_')
    UNION ALL
    SELECT '', 'function', oid::regprocedure::text, pg_get_functiondef(oid)
    FROM pg_proc
    WHERE pronamespace = current_schema()::regnamespace AND prokind = 'f'
      AND (%(complete)s OR proname !~ '^(usage|subscription|plan|limit)_')
      AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype IN ('e', 'i'))
    UNION ALL
    SELECT ev_class::regclass::text, 'rule', rulename, concat_ws(' ', pg_get_ruledef(pg_rewrite.oid), ev_enabled)
    FROM pg_rewrite JOIN pg_class ON pg_class.oid = ev_class
    WHERE %(complete)s AND relnamespace = current_schema()::regnamespace
)
SELECT relation, kind, name, CASE kind WHEN 'function' THEN md5(text) ELSE regexp_replace(text, '\s+', ' ', 'g') END
FROM object CROSS JOIN LATERAL replace(definition, quote_ident(current_schema()) || '.', '') AS text
