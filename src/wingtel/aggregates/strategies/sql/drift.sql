-- name: objects
-- The functions and views of strategies, rules, and the triggers that call these functions, except those of raw tables. Each has a hash of
-- its text. The functions that hold state are left out: those of the business day, and usage_capture_enabled(). Other functions and triggers are
-- made by migrations: see db/catalog.sql.
SELECT 'function ' || oid::regprocedure, md5(prosrc)
FROM pg_proc
WHERE pronamespace = current_schema()::regnamespace
  AND (proname LIKE 'usage\_%%' OR proname LIKE 'subscription\_%%' OR proname LIKE 'limit\_%%' OR proname = 'plan_at')
  AND proname NOT IN ('usage_time_zone', 'usage_business_day', 'usage_day_start', 'usage_capture_enabled')
UNION ALL
SELECT 'view ' || oid::regclass, md5(pg_get_viewdef(oid))
FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind = 'v' AND relname LIKE 'usage\_%%'
UNION ALL
SELECT 'rule ' || rulename || ' on ' || ev_class::regclass, md5(pg_get_ruledef(pg_rewrite.oid) || ev_enabled::text)
FROM pg_rewrite JOIN pg_class ON pg_class.oid = ev_class
WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
UNION ALL
SELECT 'trigger ' || tgname || ' on ' || tgrelid::regclass, md5(pg_get_triggerdef(pg_trigger.oid) || tgenabled::text)
FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid JOIN pg_class ON pg_class.oid = tgrelid
WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND NOT relispartition AND proname LIKE 'usage\_%%'

-- name: triggers
-- The triggers of raw tables and partitions that are missing, disabled or unexpected.
WITH relation AS (
    SELECT oid, NOT relispartition AS is_parent
    FROM pg_class
    WHERE oid IN (SELECT raw FROM usage_raw_table UNION ALL SELECT partition FROM usage_partition)
),
expected AS (
    SELECT relation.oid AS relation, name
    FROM relation CROSS JOIN unnest(%(expected)s::name[]) AS name
    WHERE NOT (is_parent AND name = 'usage_truncate')
),
installed AS (
    SELECT tgrelid AS relation, tgname AS name, tgenabled AS enabled
    FROM pg_trigger JOIN relation ON relation.oid = tgrelid
    WHERE NOT tgisinternal AND tgname LIKE 'usage\_%%'
)
SELECT relation::regclass::text, name::text,
       CASE WHEN enabled IS NULL THEN 'missing'
            WHEN expected.name IS NULL THEN 'not of this strategy'
            ELSE 'disabled'
       END
FROM expected FULL JOIN installed USING (relation, name)
WHERE enabled IS NULL OR expected.name IS NULL OR enabled NOT IN ('O', 'A')
ORDER BY 1, 2
