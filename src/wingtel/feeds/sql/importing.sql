-- name: lock
-- One session at a time imports a file by a profile; the lock ends with the session, however that ends.
SELECT pg_advisory_lock(hashtextextended(%(what)s, 0))

-- name: unlock
SELECT pg_advisory_unlock(hashtextextended(%(what)s, 0))

-- name: copy_rejects
COPY rejected_record (usage_import_id, line, raw, field, reason) FROM STDIN
