-- name: touching
-- Select the assignments of a value to a subscription that overlap a period or meet it, the one that lasts longest first.
SELECT id
FROM wingtel_subscription_identifier
WHERE subscription_id = %(subscription)s AND kind = %(kind)s AND value = %(value)s
  AND (tstzrange(valid_from, valid_to) && tstzrange(%(begins)s, %(ends)s)
       OR tstzrange(valid_from, valid_to) -|- tstzrange(%(begins)s, %(ends)s))
ORDER BY valid_to DESC NULLS FIRST

-- name: assign
-- With ON CONFLICT two transactions that assign the same wait for each other, where a bare INSERT could deadlock.
INSERT INTO wingtel_subscription_identifier (subscription_id, kind, value, valid_from, valid_to)
VALUES (%(subscription)s, %(kind)s, %(value)s, %(begins)s, %(ends)s)
ON CONFLICT DO NOTHING
RETURNING id

-- name: change_plan
SELECT subscription_change_plan(%(subscription)s, %(plan)s, %(begins)s, %(ends)s)

-- name: refresh_current
SELECT subscription_refresh(%(since)s)

-- name: not_held
-- Select the first subscriptions that show an identifier which they do not hold.
SELECT subscription.id, shown.kind, shown.value
FROM wingtel_subscription AS subscription
CROSS JOIN LATERAL subscription_current_identifiers(subscription) AS shown
LEFT JOIN wingtel_subscription_identifier AS held
    ON held.subscription_id = subscription.id AND held.kind = shown.kind AND held.value = shown.value
    AND coalesce(held.valid_to > now(), true)
WHERE subscription.deleted_at IS NULL AND held.id IS NULL
ORDER BY subscription.id, shown.kind
LIMIT %(limit)s

-- name: find_named
-- Select the subscriptions that hold one of some identifiers now, and the deleted ones that held it when they were deleted.
SELECT DISTINCT subscription_id
FROM wingtel_subscription_identifier AS identifier
JOIN wingtel_subscription AS subscription ON subscription.id = identifier.subscription_id
WHERE kind = %(kind)s AND value = ANY (%(values)s::text[])
  AND (tstzrange(valid_from, valid_to) @> statement_timestamp() OR valid_to = deleted_at)
