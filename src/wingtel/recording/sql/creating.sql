-- name: unknown
-- Those of some names that no current subscription has. {column} is the column of the name.
SELECT name
FROM unnest(%(names)s::text[]) AS name
WHERE NOT EXISTS (SELECT FROM subscription WHERE {column} = name AND deleted_at IS NULL)

-- name: lock
-- One session at a time creates subscriptions: nothing in the table keeps two from having the same phone number.
SELECT pg_advisory_xact_lock(hashtext('recording_create_subscriptions'))
