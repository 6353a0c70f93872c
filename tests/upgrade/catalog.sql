-- Every object of the schema: its kind and name, and its definition. Views are told by their rules.
SELECT 'table ' || oid::regclass,
       concat_ws(' ', relkind, relpersistence, reloptions::text, pg_get_partkeydef(oid), pg_get_expr(relpartbound, oid))
FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')
UNION ALL
SELECT 'column ' || attrelid::regclass || '.' || attname,
       concat_ws(' ', format_type(atttypid, atttypmod), CASE WHEN attnotnull THEN 'NOT NULL' END,
                 'DEFAULT ' || pg_get_expr(adbin, adrelid), nullif(attidentity, ''), nullif(attgenerated, ''),
                 nullif(attcollation, 0)::regcollation)
FROM pg_attribute
JOIN pg_class ON pg_class.oid = attrelid
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v') AND attnum > 0 AND NOT attisdropped
UNION ALL
SELECT 'index ' || indexrelid::regclass, concat_ws(' ', pg_get_indexdef(indexrelid), CASE WHEN NOT indisvalid THEN 'INVALID' END)
FROM pg_index
JOIN pg_class ON pg_class.oid = indexrelid
WHERE relnamespace = 'public'::regnamespace
UNION ALL
SELECT 'constraint ' || conname || ' on ' || conrelid::regclass, pg_get_constraintdef(oid)
FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND conrelid <> 0 AND contype <> 'n'  -- columns tell NOT NULL
UNION ALL
SELECT 'function ' || oid::regprocedure, pg_get_functiondef(oid)
FROM pg_proc
WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'
UNION ALL
SELECT 'trigger ' || tgname || ' on ' || tgrelid::regclass, concat_ws(' ', pg_get_triggerdef(oid), tgenabled)
FROM pg_trigger
WHERE NOT tgisinternal
UNION ALL
SELECT 'rule ' || rulename || ' on ' || ev_class::regclass, concat_ws(' ', pg_get_ruledef(pg_rewrite.oid), ev_enabled)
FROM pg_rewrite
JOIN pg_class ON pg_class.oid = ev_class
WHERE relnamespace = 'public'::regnamespace
