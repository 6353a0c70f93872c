-- name: make_lock
INSERT INTO limit_evaluation (singleton) VALUES (true) ON CONFLICT DO NOTHING

-- name: lock
-- One session evaluates at a time, and the next one goes on from what it left.
SELECT evaluated_at, near_since FROM limit_evaluation FOR UPDATE

-- name: all_pending
-- Have every limit evaluated for everybody.
UPDATE price_limit SET pending = true WHERE deleted_at IS NULL

-- name: done
UPDATE limit_evaluation SET evaluated_at = clock_timestamp()

-- name: know_near
-- From a month on, let it be known who is near a level.
UPDATE limit_evaluation SET near_since = %(since)s;
DELETE FROM limit_near WHERE month < %(since)s

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

-- name: concerned
-- Of subscriptions whose stored usage in a month was changed, those who can have reached a level or fallen below one: of `within`, who
-- stayed below their ceilings, those who were near a level and are no longer below it; of `beyond`, those whose ceilings come to the
-- `lowest` level there is, or who have an open alert.
SELECT array_agg(subscription_id)
FROM (
    SELECT subscription_id
    FROM limit_near AS near
    CROSS JOIN LATERAL (
        SELECT sum(price) AS price,
               sum(price) FILTER (WHERE usage_type = 'data') AS data,
               sum(price) FILTER (WHERE usage_type = 'voice') AS voice
        FROM monthly_usage AS stored
        WHERE stored.subscription_id = near.subscription_id
          AND stored.usage_type = ANY (ARRAY['data', 'voice'])
          AND stored.month = near.month
    ) AS paid
    WHERE month = %(month)s AND subscription_id = ANY (ARRAY(SELECT unnest(%(within)s::bigint[])))
      AND (price >= next_price OR data >= next_data OR voice >= next_voice)
    UNION ALL
    SELECT subscription_id
    FROM unnest(%(beyond)s::bigint[]) AS changed (subscription_id)
    WHERE coalesce((SELECT sum(ceiling) FROM monthly_usage AS stored
                    WHERE stored.subscription_id = changed.subscription_id
                      AND stored.usage_type = ANY (ARRAY['data', 'voice'])
                      AND stored.month = %(month)s::date), 'infinity') >= %(lowest)s
    UNION ALL
    SELECT subscription_id
    FROM limit_alert
    WHERE subscription_id = ANY (ARRAY(SELECT unnest(%(beyond)s::bigint[])))
      AND recovered_at IS NULL AND first < %(month)s::date + interval '1 month' AND last >= %(month)s::date
) AS concerned

-- name: look_at_each_change
-- Let whatever some subscriptions pay bring them to a level, in every month that it is known of who is near one.
INSERT INTO limit_near (month, subscription_id, next_price)
SELECT month, subscription_id, '-infinity'
FROM unnest(%(subscription_ids)s::bigint[]) AS subscription_id
CROSS JOIN (SELECT DISTINCT usage_month(day) AS month FROM usage_day WHERE day >= %(since)s) AS months
ON CONFLICT (month, subscription_id) DO UPDATE SET next_price = excluded.next_price

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
-- recover what is open and not reached, and writes a delivery for each of these to each endpoint and e-mail address. Notes who of them
-- is near a level of the month, from `near_since` on.
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
    SELECT applying.*, data, voice,
           coalesce(CASE applying.usage_type WHEN 'data' THEN data WHEN 'voice' THEN voice ELSE price END, 0) AS total
    FROM applying LEFT JOIN priced USING (subscription_id, first, last)
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
    SELECT not_reached.id, total.total AS price
    FROM not_reached
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
near AS MATERIALIZED (
    SELECT subscription_id,
           min(next) FILTER (WHERE usage_type IS NULL) AS next_price,
           min(next) FILTER (WHERE usage_type = 'data') AS next_data,
           min(next) FILTER (WHERE usage_type = 'voice') AS next_voice
    FROM total
    CROSS JOIN LATERAL (
        SELECT min(amount * level / 100) AS next FROM unnest(levels) AS level WHERE amount * level / 100 > total
    ) AS above
    WHERE per = 'month' AND first >= %(near_since)s::date
      AND greatest(data, 0) + greatest(voice, 0) >= usage_least_price(lowest)
      AND next <= (SELECT sum(ceiling)
                   FROM monthly_usage AS stored
                   WHERE stored.subscription_id = total.subscription_id
                     AND stored.usage_type = ANY (ARRAY['data', 'voice'])
                     AND stored.usage_type = coalesce(total.usage_type, stored.usage_type)
                     AND stored.month = total.first)
    GROUP BY subscription_id
),
came_near AS (
    INSERT INTO limit_near AS known (month, subscription_id, next_price, next_data, next_voice)
    SELECT usage_month(%(day)s::date), near.* FROM near
    ON CONFLICT (month, subscription_id) DO UPDATE SET
        next_price = excluded.next_price, next_data = excluded.next_data, next_voice = excluded.next_voice
    WHERE (known.next_price, known.next_data, known.next_voice)
        IS DISTINCT FROM (excluded.next_price, excluded.next_data, excluded.next_voice)
),
not_near AS (
    DELETE FROM limit_near
    WHERE month = usage_month(%(day)s::date) AND subscription_id = ANY (%(subscription_ids)s::bigint[])
      AND subscription_id NOT IN (SELECT subscription_id FROM near)
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
