-- Whose stored aggregates were changed, for somebody who wants to look at these only. See docs/decisions/0023.

-- Whether somebody does. While nobody does, the statements that change aggregates are planned without the part that notes it.
CREATE FUNCTION watching_usage() RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT false $$;

-- A row for each statement and day. Without `subscriptions` the whole month of the day may have changed for everybody, without `day`
-- everything. Appended to by every writer and read whole, so it has no index.
CREATE TABLE usage_change (
    day           date,
    subscriptions bigint[]
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
ALTER TABLE usage_change ALTER subscriptions SET STORAGE EXTERNAL;

-- Whether a period is one whole month.
CREATE FUNCTION usage_is_month(first date, last date) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT first = usage_month(first) AND last + 1 = usage_month(last + 1) AND last - first < 31 $$;
