-- name: populate
SELECT usage_populate(%(first)s, %(last)s)
