-- Aggregates are rebuilt by adding what differs, from statements; nothing replaces them.
DROP FUNCTION IF EXISTS
    usage_populate(date, date),
    usage_populate_days(date, date),
    usage_populate_months(date, date),
    usage_populate_totals();
