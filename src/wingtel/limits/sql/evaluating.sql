-- name: make_lock
INSERT INTO limit_evaluation (singleton) VALUES (true) ON CONFLICT DO NOTHING

-- name: lock
-- One session evaluates at a time, and the next one goes on from what it left.
SELECT evaluated_at FROM limit_evaluation FOR UPDATE

-- name: all_pending
-- Have every limit evaluated for everybody.
UPDATE price_limit SET pending = true WHERE deleted_at IS NULL

-- name: done
UPDATE limit_evaluation SET evaluated_at = clock_timestamp()

-- name: state
-- Whether there are limits, whether some of them by billing cycle, the first day that counts, the lowest level of them all, and today.
SELECT count(*) > 0, count(*) FILTER (WHERE per = 'cycle') > 0, min(starts),
       min(amount * (SELECT min(level) FROM unnest(warn_at || 100) AS level) / 100), usage_business_day(now())
FROM price_limit
WHERE deleted_at IS NULL

-- name: take_pending
-- The limits that have to be evaluated for everybody in their scope.
UPDATE price_limit SET pending = false WHERE pending
RETURNING id, plan_id, subscription_id, starts, deleted_at IS NOT NULL

-- name: take_moved
-- The subscriptions to which other limits apply than before.
WITH moved AS (DELETE FROM limit_moved_subscription RETURNING subscription_id)
SELECT array_agg(DISTINCT subscription_id) FROM moved

-- name: months
-- The months from one on of which any usage is known.
SELECT DISTINCT usage_month(day) FROM usage_day WHERE day >= %(first)s

-- name: in_scope
-- The subscriptions of some plans, and some by name.
SELECT array_agg(id) FROM subscription WHERE plan_id = ANY (%(plans)s::bigint[]) OR id = ANY (%(subscriptions)s::bigint[])

-- name: still_open
-- The open alerts of some limits: by a day of their period, whose they are.
SELECT first, array_agg(DISTINCT subscription_id)
FROM limit_alert
WHERE recovered_at IS NULL AND price_limit_id = ANY (%(limits)s::bigint[])
GROUP BY first

-- name: alerted
-- The subscriptions with open alerts that have to do with a month.
SELECT array_agg(DISTINCT subscription_id)
FROM limit_alert
WHERE recovered_at IS NULL AND first < %(month)s::date + interval '1 month' AND last >= %(month)s::date

-- name: alerted_months
-- The months that open alerts have to do with.
SELECT DISTINCT usage_month(day)
FROM limit_alert CROSS JOIN LATERAL (VALUES (first), (last)) AS edge (day)
WHERE recovered_at IS NULL

-- name: hash
-- Rows that are computed are joined by hash, whatever the planner believes of their number: looked up one by one, thousands with thousands
-- would take minutes.
SET LOCAL enable_nestloop = off

-- name: as_before
SET LOCAL enable_nestloop = DEFAULT

-- name: evaluate
-- Evaluate every limit for some subscriptions, in the periods that a business day lies in. Raises what is reached and not raised yet, lets
-- recover what is open and not reached, and writes a delivery for each of these to each endpoint and e-mail address.
WITH price_limit_now AS MATERIALIZED (
    SELECT id, plan_id, subscription_id, usage_type, per, amount, starts,
           ARRAY(SELECT DISTINCT level FROM unnest(warn_at || 100) AS level) AS levels,
           amount * (SELECT min(level) FROM unnest(warn_at || 100) AS level) / 100 AS lowest
    FROM price_limit
    WHERE deleted_at IS NULL
      AND (subscription_id IS NULL OR subscription_id = ANY (%(subscription_ids)s::bigint[]))
),
period AS MATERIALIZED (
    SELECT subscription.id AS subscription_id, subscription.plan_id, span.per, span.first, span.last
    FROM subscription
    CROSS JOIN LATERAL (
        SELECT 'month' AS per, usage_month(%(day)s::date) AS first, usage_month(usage_month(%(day)s::date) + 31) - 1 AS last
        WHERE EXISTS (SELECT FROM price_limit_now WHERE per = 'month')
        UNION ALL
        SELECT 'cycle', cycle.first, cycle.last
        FROM limit_cycle(%(day)s::date, coalesce(extract(day FROM usage_business_day(effective_date)), 1)::integer) AS cycle
        WHERE EXISTS (SELECT FROM price_limit_now WHERE per = 'cycle')
    ) AS span
    WHERE subscription.id = ANY (%(subscription_ids)s::bigint[])
),
applying AS MATERIALIZED (
    SELECT period.subscription_id, period.first, period.last, terms.*
    FROM period
    CROSS JOIN (
        SELECT id, usage_type, per, amount, levels, lowest, starts
        FROM price_limit_now
        WHERE plan_id IS NULL AND subscription_id IS NULL
    ) AS terms
    WHERE terms.per = period.per AND terms.starts <= period.last
    UNION ALL
    SELECT period.subscription_id, period.first, period.last, id, usage_type, terms.per, amount, levels, lowest, starts
    FROM period
    JOIN price_limit_now AS terms ON terms.plan_id = period.plan_id AND terms.per = period.per
    WHERE terms.starts <= period.last
    UNION ALL
    SELECT period.subscription_id, period.first, period.last, id, usage_type, terms.per, amount, levels, lowest, starts
    FROM period
    JOIN price_limit_now AS terms ON terms.subscription_id = period.subscription_id AND terms.per = period.per
    WHERE terms.starts <= period.last
),
wanted AS MATERIALIZED (
    SELECT array_agg(subscription_id) AS subscription_ids, array_agg(first) AS firsts, array_agg(last) AS lasts
    FROM (SELECT DISTINCT subscription_id, first, last FROM applying ORDER BY subscription_id, first, last) AS distinct_periods
),
priced AS MATERIALIZED (
    SELECT prices.subscription_id, prices.first, prices.last,
           sum(price) AS price,
           sum(price) FILTER (WHERE usage_type = 'data') AS data,
           sum(price) FILTER (WHERE usage_type = 'voice') AS voice
    FROM wanted CROSS JOIN LATERAL usage_prices(subscription_ids, firsts, lasts) AS prices
    GROUP BY 1, 2, 3
),
total AS MATERIALIZED (
    SELECT applying.*,
           CASE applying.usage_type WHEN 'data' THEN data WHEN 'voice' THEN voice ELSE price END AS total
    FROM applying JOIN priced USING (subscription_id, first, last)
),
reached AS MATERIALIZED (
    SELECT subscription_id, id AS price_limit_id, usage_type, per, first, last,
           level, amount * level / 100 AS threshold, total AS price
    FROM total CROSS JOIN LATERAL unnest(levels) AS level
    WHERE total >= lowest AND total >= amount * level / 100
),
raised_before AS MATERIALIZED (
    SELECT id, subscription_id, price_limit_id, first, last, level
    FROM limit_alert
    WHERE subscription_id = ANY (%(subscription_ids)s::bigint[])
      AND %(day)s::date BETWEEN first AND last
      AND recovered_at IS NULL
),
raised AS (
    INSERT INTO limit_alert (subscription_id, price_limit_id, usage_type, per, first, last, level, threshold, price, raised_at)
    SELECT subscription_id, price_limit_id, usage_type, per, first, last, level, threshold, price, clock_timestamp()
    FROM reached
    WHERE (subscription_id, price_limit_id, first, last, level) NOT IN (
        SELECT subscription_id, price_limit_id, first, last, level FROM raised_before
    )
    ORDER BY subscription_id, price_limit_id, first, level
    ON CONFLICT (subscription_id, price_limit_id, first, last, level) WHERE recovered_at IS NULL DO NOTHING
    RETURNING id, price_limit_id
),
not_reached AS MATERIALIZED (
    SELECT alert.id, alert.subscription_id, alert.price_limit_id, alert.first, alert.last
    FROM raised_before AS alert
    JOIN price_limit ON price_limit.id = alert.price_limit_id
    WHERE price_limit.deleted_at IS NULL AND price_limit.starts <= alert.last
      AND (alert.subscription_id, alert.price_limit_id, alert.first, alert.last, alert.level) NOT IN (
          SELECT subscription_id, price_limit_id, first, last, level FROM reached
      )
),
fallen AS MATERIALIZED (
    SELECT not_reached.id, CASE WHEN applying.id IS NOT NULL THEN coalesce(total.total, 0) END AS price
    FROM not_reached
    LEFT JOIN applying
        ON applying.subscription_id = not_reached.subscription_id AND applying.id = not_reached.price_limit_id
        AND applying.first = not_reached.first AND applying.last = not_reached.last
    LEFT JOIN total
        ON total.subscription_id = not_reached.subscription_id AND total.id = not_reached.price_limit_id
        AND total.first = not_reached.first AND total.last = not_reached.last
),
recovered AS (
    UPDATE limit_alert SET recovered_at = clock_timestamp(), recovered_price = fallen.price
    FROM fallen
    WHERE limit_alert.id = fallen.id AND limit_alert.id = ANY (ARRAY(SELECT id FROM fallen))
    RETURNING limit_alert.id, limit_alert.price_limit_id
),
happened AS (
    SELECT id, price_limit_id, 'alert.raised' AS event FROM raised
    UNION ALL
    SELECT id, price_limit_id, 'alert.recovered' FROM recovered
),
deliveries AS (
    INSERT INTO limit_delivery (alert_id, event, endpoint_id, email, due_at, created_at)
    SELECT happened.id, happened.event, receiver.endpoint_id, receiver.email, clock_timestamp(), clock_timestamp()
    FROM happened
    JOIN price_limit ON price_limit.id = happened.price_limit_id
    CROSS JOIN LATERAL (
        SELECT id AS endpoint_id, '' AS email FROM webhook_endpoint WHERE enabled
        UNION ALL
        SELECT NULL, email FROM unnest(price_limit.emails) AS email
        UNION
        SELECT NULL, email FROM unnest(%(emails)s::text[]) AS email
    ) AS receiver
    ORDER BY happened.id, receiver.endpoint_id, receiver.email
)
SELECT (SELECT count(*) FROM raised), (SELECT count(*) FROM recovered)
