-- Aggregates are rebuilt by adding what differs, from statements; nothing replaces them.
SET LOCAL lock_timeout = '1s';
-- squawk-ignore ban-drop-function -- only a rebuild of the version before calls them, and it can be started again
DROP FUNCTION IF EXISTS
    usage_populate(date, date),
    usage_populate_days(date, date),
    usage_populate_months(date, date),
    usage_populate_totals();
