-- name: lock
-- Lock for the session, since migrations commit one by one.
SELECT pg_advisory_lock(hashtext('wingtel migrate'))

-- name: unlock
SELECT pg_advisory_unlock(hashtext('wingtel migrate'))
