-- name: touching
-- The assignments of a value to a subscription that overlap a period or meet it, the one that lasts longest first.
SELECT id
FROM subscription_identifier
WHERE subscription_id = %(subscription)s AND kind = %(kind)s AND value = %(value)s
  AND (tstzrange(valid_from, valid_to) && tstzrange(%(begins)s, %(ends)s)
       OR tstzrange(valid_from, valid_to) -|- tstzrange(%(begins)s, %(ends)s))
ORDER BY valid_to DESC NULLS FIRST

-- name: assign
-- ON CONFLICT lets two who want the same wait for each other, where a bare INSERT could deadlock.
INSERT INTO subscription_identifier (subscription_id, kind, value, valid_from, valid_to)
VALUES (%(subscription)s, %(kind)s, %(value)s, %(begins)s, %(ends)s)
ON CONFLICT DO NOTHING
RETURNING id

-- name: change_plan
SELECT subscription_change_plan(%(subscription)s, %(plan)s, %(begins)s, %(ends)s)
