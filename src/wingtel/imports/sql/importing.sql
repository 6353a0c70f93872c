-- name: copy_rejects
COPY wingtel_rejected_record (usage_import_id, line, raw, field, reason) FROM STDIN

-- name: new_or_different_credits
-- The positions of credits of one usage type that are not stored (stored amounts null), or are stored with another amount.
SELECT credit.position, stored.used, stored.price
FROM unnest(%(position)s::bigint[], %(record_id)s::text[], %(usage_date)s::timestamptz[], %(subscription_id)s::bigint[],
            %(quantity)s::bigint[], %(price)s::numeric[])
    AS credit (position, record_id, usage_date, subscription_id, quantity, price)
LEFT JOIN wingtel_usage_adjustment AS stored
    ON (stored.record_id, stored.usage_date, stored.subscription_id)
     = (credit.record_id, credit.usage_date, credit.subscription_id)
    AND stored.usage_type = %(usage_type)s
WHERE stored.id IS NULL OR (stored.used, stored.price) <> (credit.quantity, credit.price)
