-- name: create_lock
INSERT INTO wingtel_limit_evaluation (singleton) VALUES (true) ON CONFLICT DO NOTHING

-- name: lock
-- One session evaluates at a time.
SELECT evaluated_at, usage_business_day(now()) FROM wingtel_limit_evaluation FOR UPDATE

-- name: set_evaluated_at
UPDATE wingtel_limit_evaluation SET evaluated_at = clock_timestamp()

-- name: mark_all_pending
-- Let every limit be evaluated for all subscriptions.
UPDATE wingtel_price_limit SET pending = true WHERE deleted_at IS NULL

-- name: select_terms
-- Select the first day that counts and the lowest threshold, by month and by cycle: of all limits, or of the pending ones alone.
SELECT period, min(starts), min(amount * least(100, (SELECT min(percent) FROM unnest(thresholds) AS percent)) / 100)
FROM wingtel_price_limit
WHERE deleted_at IS NULL AND (pending OR NOT %(pending)s)
GROUP BY period

-- name: select_pending
-- Select the limits to evaluate for all subscriptions in their scope. Any change of a limit changes its version.
SELECT id, xmin::text, plan_id, subscription_id FROM wingtel_price_limit WHERE pending AND deleted_at IS NULL

-- name: clear_pending
-- Clear the mark of evaluated limits, unless they were changed meanwhile.
UPDATE wingtel_price_limit AS price_limit SET pending = false
FROM unnest(%(limits)s::bigint[], %(versions)s::text[]) AS evaluated (id, version)
WHERE price_limit.id = evaluated.id AND price_limit.xmin::text = version

-- name: drain_plan_changes
-- Drain the subscriptions whose plan or billing cycle changed.
WITH changed AS (DELETE FROM wingtel_limit_plan_change RETURNING subscription_id)
SELECT array_agg(DISTINCT subscription_id) FROM changed

-- name: months
-- Select the months with usage, from one month on.
SELECT DISTINCT usage_month(day) FROM wingtel_usage_day WHERE day >= %(first)s

-- name: in_scope
-- Select the subscriptions of some plans, and some others by id.
SELECT array_agg(id) FROM wingtel_subscription WHERE plan_id = ANY (%(plans)s::bigint[]) OR id = ANY (%(subscriptions)s::bigint[])

-- name: open_alerts
-- Select the subscriptions with open alerts of some limits, by period.
SELECT period, first, array_agg(DISTINCT subscription_id)
FROM wingtel_alert
WHERE resolved_at IS NULL AND price_limit_id = ANY (%(limits)s::bigint[])
GROUP BY period, first

-- name: with_open_alerts
-- Select the subscriptions with open alerts of calendar months, or of billing cycles, that have a day in a month.
SELECT array_agg(DISTINCT subscription_id)
FROM wingtel_alert
WHERE resolved_at IS NULL AND period = %(period)s AND first < %(month)s::date + interval '1 month' AND last >= %(month)s::date

-- name: open_alert_months
-- Select the months in which open alerts have a day.
SELECT DISTINCT usage_month(day)
FROM wingtel_alert CROSS JOIN LATERAL (VALUES (first), (last)) AS edge (day)
WHERE resolved_at IS NULL

-- name: avoid_nested_loops
-- The temporary tables have no statistics. Join them by hash: a nested loop of thousands with thousands would take minutes.
SET LOCAL enable_nestloop = off

-- name: allow_nested_loops
SET LOCAL enable_nestloop = DEFAULT

-- name: find_open_alerts
-- Find the open alerts of some subscriptions, of the calendar month or the billing cycle that contains a day.
CREATE TEMPORARY TABLE limit_open ON COMMIT DROP AS
SELECT id, subscription_id, price_limit_id, first, last, threshold_percent
FROM wingtel_alert
WHERE subscription_id = ANY (%(subscription_ids)s::bigint[])
  AND resolved_at IS NULL AND period = %(period)s AND %(day)s::date BETWEEN first AND last

-- name: sum_prices
-- Sum what the subscriptions paid in that period. Keep those that reached the lowest threshold of all limits, or have an open alert.
CREATE TEMPORARY TABLE limit_total ON COMMIT DROP AS
WITH period AS MATERIALIZED (
    SELECT id AS subscription_id, plan_id, cycle.first, cycle.last
    FROM wingtel_subscription
    CROSS JOIN LATERAL limit_cycle(
        %(day)s::date,
        CASE %(period)s WHEN 'cycle' THEN coalesce(extract(day FROM usage_business_day(effective_date)), 1)::integer ELSE 1 END
    ) AS cycle
    WHERE id = ANY (%(subscription_ids)s::bigint[])
),
requested AS (
    SELECT array_agg(subscription_id) AS ids, array_agg(first) AS firsts, array_agg(last) AS lasts FROM period
),
paid AS (
    SELECT paid.subscription_id,
           sum(paid.price) AS price,
           coalesce(sum(paid.price) FILTER (WHERE usage_type = 'data'), 0) AS data,
           coalesce(sum(paid.price) FILTER (WHERE usage_type = 'voice'), 0) AS voice,
           coalesce(sum(paid.price) FILTER (WHERE usage_type = 'sms'), 0) AS sms
    FROM requested CROSS JOIN LATERAL usage_prices(ids, firsts, lasts) AS paid
    GROUP BY paid.subscription_id
)
SELECT subscription_id, plan_id, first, last, coalesce(price, 0) AS price,
       coalesce(data, 0) AS data, coalesce(voice, 0) AS voice, coalesce(sms, 0) AS sms
FROM period LEFT JOIN paid USING (subscription_id)
WHERE greatest(price, data, voice, sms) >= %(lowest)s OR subscription_id IN (SELECT subscription_id FROM limit_open)

-- name: compare_totals
-- Compare these totals with each limit that applies: list its thresholds, in percent, that are reached.
CREATE TEMPORARY TABLE limit_comparison ON COMMIT DROP AS
SELECT total.subscription_id, total.first, total.last, price_limit.id AS price_limit_id, price_limit.usage_type, amount, paid.price,
       ARRAY(SELECT percent FROM (SELECT unnest(thresholds) UNION SELECT 100) AS threshold (percent)
             WHERE paid.price * 100 >= amount * percent) AS reached
FROM limit_total AS total
CROSS JOIN LATERAL (VALUES (0, 0), (plan_id, 0), (0, subscription_id)) AS scope (plan_id, subscription_id)
JOIN wingtel_price_limit AS price_limit
    ON coalesce(price_limit.plan_id, 0) = scope.plan_id AND coalesce(price_limit.subscription_id, 0) = scope.subscription_id
CROSS JOIN LATERAL (
    SELECT CASE price_limit.usage_type WHEN 'data' THEN data WHEN 'voice' THEN voice WHEN 'sms' THEN sms ELSE price END
) AS paid (price)
WHERE deleted_at IS NULL AND period = %(period)s AND starts <= total.last

-- name: insert_alerts
-- Open an alert for each threshold that is reached and has none.
INSERT INTO wingtel_alert (subscription_id, price_limit_id, usage_type, period, first, last, threshold_percent, threshold_amount,
                         price, opened_at)
SELECT subscription_id, price_limit_id, usage_type, %(period)s, first, last, percent, amount * percent / 100, price, clock_timestamp()
FROM limit_comparison CROSS JOIN LATERAL unnest(reached) AS percent
WHERE (subscription_id, price_limit_id, first, last, percent) NOT IN (
    SELECT subscription_id, price_limit_id, first, last, threshold_percent FROM limit_open
)
ORDER BY subscription_id, price_limit_id, first, percent
RETURNING id

-- name: resolve_alerts
-- Resolve the open alerts whose threshold is not reached. Leave those whose limit was removed, or starts later by now.
WITH below_threshold AS MATERIALIZED (
    SELECT limit_open.id, price
    FROM limit_open
    LEFT JOIN limit_comparison USING (subscription_id, price_limit_id, first, last)
    JOIN wingtel_price_limit AS price_limit ON price_limit.id = price_limit_id
    WHERE deleted_at IS NULL AND starts <= last AND threshold_percent <> ALL (coalesce(reached, '{}'))
)
UPDATE wingtel_alert SET resolved_at = clock_timestamp(), resolved_price = below_threshold.price
FROM below_threshold
WHERE wingtel_alert.id = below_threshold.id AND wingtel_alert.id = ANY (ARRAY(SELECT id FROM below_threshold))
RETURNING wingtel_alert.id

-- name: drop_tables
DROP TABLE limit_open, limit_total, limit_comparison
