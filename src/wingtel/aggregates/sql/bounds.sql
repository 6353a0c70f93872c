-- Bounds that hold where a month is negative, which corrections can make it: the sum of all ceilings is then no less than the price
-- of any of the months, so that totals tell who exceeds a limit in any of them. See docs/decisions/0008.

-- The ceiling given to a price that has left its range: a sixteenth above it, and at least a half; never below zero.
CREATE OR REPLACE FUNCTION usage_price_ceiling(price numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT greatest(price + greatest(0.5, price * 0.0625), 0) $$;

-- The lowest ceiling that a price can have. Zero is that of negative prices alone.
CREATE FUNCTION usage_price_least_ceiling(price numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT greatest(price, CASE WHEN price < 0 THEN 0 ELSE 0.0001 END) $$;

-- The other end of the range: a price below it gets a new ceiling. Below a ceiling of zero there is none.
CREATE OR REPLACE FUNCTION usage_price_floor(ceiling numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN ceiling <= 0 THEN -1e16 ELSE ceiling - greatest(0.5, ceiling * 0.0625) END
$$;

-- The highest ceiling that a price can have: the floor of any higher one lies above it.
CREATE OR REPLACE FUNCTION usage_highest_ceiling(price numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT price + greatest(0.5, price * 0.0667, -price) $$;

UPDATE monthly_usage SET ceiling = usage_price_least_ceiling(price) WHERE ceiling <= 0;
DELETE FROM total_usage;
INSERT INTO total_usage (subscription_id, usage_type, floor, ceiling)
SELECT subscription_id, usage_type, sum(usage_price_floor(ceiling)), sum(ceiling)
FROM monthly_usage
GROUP BY subscription_id, usage_type
ORDER BY subscription_id, usage_type;

-- They are made anew for any whole months.
DROP FUNCTION IF EXISTS
    usage_exceeding(date, text[], numeric, bigint[], numeric, bigint, bigint),
    usage_summed(bigint[], text[], date);
