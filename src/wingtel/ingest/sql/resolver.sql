-- name: strategy
-- The active strategy. A switch waits for the lock on the raw tables, so it stays until the end of a writer's transaction.
SELECT name FROM active_strategy

-- name: by_id
-- For each distinct identifier: the number of current subscriptions that have it, one of them and its plan; of one carrier, if given.
SELECT array_agg(asked.identifier), array_agg((found.id IS NOT NULL)::integer), array_agg(coalesce(found.id, 0)),
       array_agg(coalesce(plan.name, ''))
FROM unnest(%(identifiers)s::text[]) AS asked (identifier)
LEFT JOIN subscription AS found
    ON found.id = asked.identifier::bigint
    AND found.deleted_at IS NULL
    AND (%(carrier)s::text IS NULL OR found.carrier = %(carrier)s::text)
LEFT JOIN plan ON plan.id = found.plan_id

-- name: by_text
-- The same for identifiers that several subscriptions may have; {column} is the column of the identifier.
SELECT array_agg(identifier), array_agg(candidates), array_agg(id), array_agg(plan)
FROM (
    SELECT asked.identifier, count(found.id)::integer AS candidates, coalesce(min(found.id), 0) AS id,
           coalesce(min(plan.name), '') AS plan
    FROM unnest(%(identifiers)s::text[]) AS asked (identifier)
    LEFT JOIN subscription AS found
        ON found.{column} = asked.identifier
        AND found.deleted_at IS NULL
        AND (%(carrier)s::text IS NULL OR found.carrier = %(carrier)s::text)
    LEFT JOIN plan ON plan.id = found.plan_id
    GROUP BY asked.identifier
) AS resolved

-- name: unknown
-- Those identifiers that no current subscription has. {column} is the column of the identifier.
SELECT identifier
FROM unnest(%(identifiers)s::text[]) AS identifier
WHERE NOT EXISTS (SELECT FROM subscription WHERE {column} = identifier AND deleted_at IS NULL)

-- name: lock_creation
-- One session at a time creates subscriptions: nothing in the table keeps two from having the same phone number.
SELECT pg_advisory_xact_lock(hashtext('ingest_create_subscriptions'))
