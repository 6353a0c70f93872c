-- name: try_alone
-- Whether nobody else imports from the folder; it is ours until the session lets others.
SELECT pg_try_advisory_lock(hashtextextended('watch ' || %(folder)s, 0))

-- name: let_others
SELECT pg_advisory_unlock(hashtextextended('watch ' || %(folder)s, 0))
