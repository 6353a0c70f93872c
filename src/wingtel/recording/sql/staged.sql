-- name: stage
-- Where entries stand while they are looked up, and what the names of their subscriptions stand for.
CREATE TEMP TABLE staged_usage (
    position     bigint NOT NULL,
    usage_type   text COLLATE "C" NOT NULL,
    record_id    text COLLATE "C" NOT NULL,
    usage_date   timestamptz NOT NULL,
    subscription text NOT NULL,
    carrier      text NOT NULL,
    quantity     bigint NOT NULL,
    price        numeric(14, 4) NOT NULL
) ON COMMIT DROP;
CREATE TEMP TABLE staged_subscription (
    subscription    text PRIMARY KEY,
    candidates      bigint NOT NULL,
    subscription_id bigint
) ON COMMIT DROP

-- name: copy
COPY staged_usage (position, usage_type, record_id, usage_date, subscription, carrier, quantity, price) FROM STDIN

-- name: analyze
-- Nobody else counts the rows of a temporary table, and without a count the joins below are planned for ten.
ANALYZE staged_usage (subscription, usage_type)

-- name: unstage
DROP TABLE staged_usage, staged_subscription

-- name: resolve_by_id
-- How many current subscriptions each name stands for, of those not looked up yet, and which.
INSERT INTO staged_subscription (subscription, candidates, subscription_id)
SELECT named.subscription, count(found.id), min(found.id)
FROM (SELECT DISTINCT subscription FROM staged_usage
      EXCEPT SELECT subscription FROM staged_subscription) AS named
LEFT JOIN subscription AS found ON found.id = named.subscription::bigint AND found.deleted_at IS NULL
GROUP BY named.subscription

-- name: resolve_by_phone_number
-- The same by phone number.
INSERT INTO staged_subscription (subscription, candidates, subscription_id)
SELECT named.subscription, count(found.id), min(found.id)
FROM (SELECT DISTINCT subscription FROM staged_usage
      EXCEPT SELECT subscription FROM staged_subscription) AS named
LEFT JOIN subscription AS found ON found.phone_number = named.subscription AND found.deleted_at IS NULL
GROUP BY named.subscription

-- name: resolve_by_device_id
-- The same by device id.
INSERT INTO staged_subscription (subscription, candidates, subscription_id)
SELECT named.subscription, count(found.id), min(found.id)
FROM (SELECT DISTINCT subscription FROM staged_usage
      EXCEPT SELECT subscription FROM staged_subscription) AS named
LEFT JOIN subscription AS found ON found.device_id = named.subscription AND found.deleted_at IS NULL
GROUP BY named.subscription

-- name: forget_unknown
-- Forget the names that stand for no subscription, so that they are looked up again.
DELETE FROM staged_subscription WHERE candidates = 0

-- name: lock_creation
-- One session at a time creates subscriptions: nothing in the table keeps two from having the same phone number.
SELECT pg_advisory_xact_lock(hashtext('recording_create_subscriptions'))

-- name: create_by_phone_number
-- Create a subscription for each unknown phone number, with the carrier of its first entry.
INSERT INTO subscription (carrier, status, phone_number, device_id, phone_model, network_type, sprint_id)
SELECT carrier, 'active', subscription, '', '', '', ''
FROM (SELECT DISTINCT ON (subscription) subscription, carrier
      FROM staged_usage JOIN staged_subscription USING (subscription)
      WHERE candidates = 0
      ORDER BY subscription, position) AS unknown

-- name: create_by_device_id
-- The same for each unknown device id.
INSERT INTO subscription (carrier, status, device_id, phone_number, phone_model, network_type, sprint_id)
SELECT carrier, 'active', subscription, '', '', '', ''
FROM (SELECT DISTINCT ON (subscription) subscription, carrier
      FROM staged_usage JOIN staged_subscription USING (subscription)
      WHERE candidates = 0
      ORDER BY subscription, position) AS unknown

-- name: unresolved
-- The entries whose subscription is unknown or ambiguous.
SELECT position, subscription, candidates
FROM staged_usage JOIN staged_subscription USING (subscription)
WHERE candidates <> 1
ORDER BY position

-- name: days
-- The business days that need partitions.
SELECT DISTINCT usage_business_day(usage_date)
FROM staged_usage JOIN staged_subscription USING (subscription)
WHERE candidates = 1
ORDER BY 1

-- name: store_data
-- Store the data sessions; the primary key refuses the duplicates, also those that another session stores now.
INSERT INTO data_usage_record (record_id, usage_date, subscription_id, price, kilobytes_used)
SELECT record_id, usage_date, subscription_id, price, quantity
FROM staged_usage JOIN staged_subscription USING (subscription)
WHERE usage_type = 'data' AND candidates = 1
ORDER BY record_id, usage_date, subscription_id, position
ON CONFLICT DO NOTHING

-- name: store_voice
-- The same for calls.
INSERT INTO voice_usage_record (record_id, usage_date, subscription_id, price, seconds_used)
SELECT record_id, usage_date, subscription_id, price, quantity
FROM staged_usage JOIN staged_subscription USING (subscription)
WHERE usage_type = 'voice' AND candidates = 1
ORDER BY record_id, usage_date, subscription_id, position
ON CONFLICT DO NOTHING
