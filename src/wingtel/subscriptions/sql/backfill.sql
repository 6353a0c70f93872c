-- name: stage_forms
-- The normal form of each text that a column of a carrier's subscriptions holds.
CREATE TEMPORARY TABLE identifier_form (
    carrier text NOT NULL, kind text COLLATE "C" NOT NULL, written text NOT NULL, value text COLLATE "C" NOT NULL
) ON COMMIT DROP

-- name: written
SELECT DISTINCT carrier, {column} FROM subscription WHERE {column} <> ''

-- name: copy_forms
COPY identifier_form (carrier, kind, written, value) FROM STDIN

-- name: show_forms
UPDATE subscription SET {column} = form.value
FROM identifier_form AS form
WHERE form.kind = %(kind)s AND (form.carrier, form.written) = (subscription.carrier, subscription.{column})
  AND form.value <> form.written

-- name: stage_claims
-- When each subscription claims to have had its identifiers: from its effective date until it was deleted.
CREATE TEMPORARY TABLE identifier_claim ON COMMIT DROP AS
SELECT subscription.id AS subscription_id, form.kind, form.value, tstzrange(effective_date, deleted_at) AS period
FROM subscription
CROSS JOIN LATERAL (VALUES ('msisdn', phone_number), ('device_id', device_id)) AS form (kind, value)
WHERE (form.kind, form.value) IN (SELECT kind COLLATE "C", value COLLATE "C" FROM identifier_form)
  AND (effective_date < deleted_at) IS NOT FALSE

-- name: index_claims
CREATE INDEX ON identifier_claim (kind, value);
ANALYZE identifier_claim

-- name: begin_claims
-- A claim whose beginning is not known begins when the one that ended before it did.
UPDATE identifier_claim AS claim SET period = tstzrange(
    (SELECT max(upper(earlier.period))
     FROM identifier_claim AS earlier
     WHERE (earlier.kind, earlier.value) = (claim.kind, claim.value) AND earlier.subscription_id <> claim.subscription_id
       AND upper(earlier.period) < coalesce(upper(claim.period), 'infinity')),
    upper(period)
)
WHERE lower_inf(period)

-- name: assign_claims
-- Each has what it alone claims. What several claim at one time is assigned to none of them, as usage that named it was not recorded
-- before either; `wingtel check` tells of them.
INSERT INTO subscription_identifier (subscription_id, kind, value, valid_from, valid_to)
SELECT subscription_id, kind, value, lower(part), upper(part)
FROM identifier_claim AS claim
CROSS JOIN LATERAL (
    SELECT range_agg(period) AS periods
    FROM identifier_claim
    WHERE (kind, value) = (claim.kind, claim.value) AND subscription_id <> claim.subscription_id
) AS other
CROSS JOIN LATERAL unnest(tstzmultirange(period) - coalesce(other.periods, '{}')) AS part
ORDER BY subscription_id, kind, part

-- name: plans
INSERT INTO subscription_plan (subscription_id, plan_id, valid_from, valid_to)
SELECT id, plan_id, effective_date, deleted_at
FROM subscription
WHERE plan_id IS NOT NULL AND (effective_date < deleted_at) IS NOT FALSE
ORDER BY id

-- name: purchasers
UPDATE purchase SET user_id = owner_id FROM subscription WHERE subscription.id = purchase.subscription_id
