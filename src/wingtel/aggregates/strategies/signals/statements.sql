-- name: set_events
-- Enable or disable the change events of writers.
SELECT usage_set_change_events(%(enabled)s)

-- name: install
-- The function that adds the changes of one statement of the models, all of one usage type, to the stored tables. It is in the
-- database, where a session plans it once: planning takes longer than running.
CREATE OR REPLACE FUNCTION usage_count_changes(
    of_type text, of_subscriptions bigint[], of_days date[], of_used numeric[], of_prices numeric[], of_records bigint[]
) RETURNS void
LANGUAGE plpgsql AS $apply$
BEGIN
    WITH changed_usage AS (
        SELECT subscription_id, of_type COLLATE "C" AS usage_type, day, used, price, records
        FROM unnest(of_subscriptions, of_days, of_used, of_prices, of_records)
            AS changed (subscription_id, day, used, price, records)
    )
    {apply};
END $apply$

-- name: uninstall
DROP FUNCTION IF EXISTS usage_count_changes(text, bigint[], date[], numeric[], numeric[], bigint[])

-- name: count
SELECT usage_count_changes(%s, %s, %s, %s, %s, %s)

-- name: count_one
SELECT usage_add(%(subscription_id)s, %(usage_type)s, %(day)s, %(used)s, %(price)s, %(records)s)
