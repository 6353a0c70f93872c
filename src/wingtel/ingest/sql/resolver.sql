-- name: held_ids
-- The number of the given distinct ids whose subscriptions were never deleted. With a carrier, only of its subscriptions.
SELECT count(*)
FROM wingtel_subscription
WHERE id = ANY (%(ids)s::bigint[]) AND deleted_at IS NULL AND (%(carrier)s::text IS NULL OR carrier = %(carrier)s::text)

-- name: by_id
-- The given ids that exist, each valid until its subscription was deleted. Times are in microseconds since 1970. With a carrier,
-- only of its subscriptions.
SELECT array_agg(id::text), array_agg(id), array_agg(NULL::bigint), array_agg((extract(epoch FROM deleted_at) * 1000000)::bigint)
FROM wingtel_subscription
WHERE id = ANY (%(identifiers)s::bigint[]) AND (%(carrier)s::text IS NULL OR carrier = %(carrier)s::text)

-- name: by_identifier
-- All assignments of the given identifiers: identifier, subscription, start and end.
SELECT array_agg(value), array_agg(subscription_id), array_agg((extract(epoch FROM valid_from) * 1000000)::bigint),
       array_agg((extract(epoch FROM valid_to) * 1000000)::bigint)
FROM wingtel_subscription_identifier AS held
WHERE kind = %(kind)s AND value = ANY (%(identifiers)s::text[])
  AND (%(carrier)s::text IS NULL
       OR EXISTS (SELECT FROM wingtel_subscription WHERE id = held.subscription_id AND carrier = %(carrier)s::text))

-- name: plans
-- All plans of the given subscriptions: subscription, name of the plan, start and end.
SELECT array_agg(subscription_id), array_agg(plan.name), array_agg((extract(epoch FROM valid_from) * 1000000)::bigint),
       array_agg((extract(epoch FROM valid_to) * 1000000)::bigint)
FROM wingtel_subscription_plan AS held JOIN wingtel_plan AS plan ON plan.id = held.plan_id
WHERE subscription_id = ANY (%(subscriptions)s::bigint[])

-- name: unknown
-- The identifiers that no subscription has at the given time (in microseconds since 1970) or later, up to now.
SELECT value
FROM unnest(%(identifiers)s::text[], %(times)s::bigint[]) AS given (value, at)
WHERE NOT EXISTS (
    SELECT FROM wingtel_subscription_identifier AS held
    WHERE held.kind = %(kind)s AND held.value = given.value
      AND coalesce(valid_to > least(clock_timestamp(), 'epoch'::timestamptz + at * interval '1 microsecond'), true)
)

-- name: lock_creation
-- One session at a time creates subscriptions, so that none has to retry because another created the same.
SELECT pg_advisory_xact_lock(hashtext('ingest_create_subscriptions'))
