-- name: days
-- The days of a period that have raw records or adjustments, or aggregates.
SELECT day
FROM (
    SELECT day FROM usage_day WHERE state <> 'expired'
    UNION SELECT day FROM usage_adjustment
    UNION SELECT day FROM daily_usage WHERE (used, price, records) <> (0, 0, 0)
    EXCEPT SELECT day FROM usage_day WHERE state = 'expired'
) AS known
WHERE day BETWEEN coalesce(%(first)s::date, '-infinity') AND coalesce(%(last)s::date, 'infinity')
ORDER BY day

-- name: done
-- Note a day as done, in the transaction that did it.
UPDATE usage_rebuild SET done = array_append(done, %(day)s::date) WHERE id = %(id)s
