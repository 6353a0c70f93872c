-- name: wait
-- Wait until nobody else does it. The lock ends with the session, however that ends.
SELECT pg_advisory_lock(hashtextextended(%(what)s, 0)) IS NOT NULL

-- name: try
-- The same without waiting; false while somebody else does it.
SELECT pg_try_advisory_lock(hashtextextended(%(what)s, 0))

-- name: let_others
SELECT pg_advisory_unlock(hashtextextended(%(what)s, 0))
