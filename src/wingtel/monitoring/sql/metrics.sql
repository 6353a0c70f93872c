-- name: drift
-- Select the known drift: the worst of the reconciliations that found some, were not repaired, and were not followed by another one of
-- the same days.
SELECT coalesce(max(drift_keys), 0), coalesce(max(drift_price), 0)
FROM wingtel_reconciliation AS one
WHERE drift_keys > 0 AND NOT repaired AND NOT EXISTS (
    SELECT FROM wingtel_reconciliation AS later
    WHERE later.id > one.id AND later.first <= one.first AND later.last >= one.last
)

-- name: reconciled
-- Select the time when the aggregates were last compared with their sources.
SELECT max(finished_at) FROM wingtel_reconciliation

-- name: days
-- Count the business days in each state, and the open ones that ought to be sealed.
SELECT state, count(*), count(*) FILTER (WHERE state = 'open' AND day < usage_business_day(now()) - %(after)s)
FROM wingtel_usage_day GROUP BY state

-- name: imports
SELECT status, count(*), coalesce(sum(accepted), 0), coalesce(sum(rejected), 0) FROM wingtel_import GROUP BY status
