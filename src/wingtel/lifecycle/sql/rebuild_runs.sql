-- name: days
-- The days of a period that have raw records, adjustments or aggregates, and are not expired.
SELECT day
FROM (
    SELECT day FROM wingtel_usage_day WHERE state <> 'expired'
    UNION SELECT day FROM wingtel_usage_adjustment
    UNION SELECT day FROM wingtel_daily_usage WHERE (used, price, records) <> (0, 0, 0)
    EXCEPT SELECT day FROM wingtel_usage_day WHERE state = 'expired'
) AS known
WHERE day BETWEEN coalesce(%(first)s::date, '-infinity') AND coalesce(%(last)s::date, 'infinity')
ORDER BY day

-- name: done
-- Record a day as done, in the transaction that rebuilt it.
UPDATE wingtel_rebuild_run SET done = array_append(done, %(day)s::date) WHERE id = %(id)s
