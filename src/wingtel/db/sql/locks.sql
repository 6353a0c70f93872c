-- name: lock
-- Wait for the advisory lock of that name.
SELECT pg_advisory_lock(hashtextextended(%(name)s, 0)) IS NOT NULL

-- name: try_lock
-- Take the lock if it is free; return false if another session holds it.
SELECT pg_try_advisory_lock(hashtextextended(%(name)s, 0))

-- name: unlock
-- Release the lock.
SELECT pg_advisory_unlock(hashtextextended(%(name)s, 0))
