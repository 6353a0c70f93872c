-- Sums that no records can leave the type of: every quantity and price is a decimal of 38 digits. See docs/decisions/0033.

-- What is made anew with the functions, or by the strategy, whose installation is outdated from here on.
DROP VIEW IF EXISTS usage_daily, usage_monthly;
DROP FUNCTION IF EXISTS
    usage_add(bigint, text, date, bigint, numeric, bigint),
    usage_count_announced(text, bigint[], date[], bigint[], numeric[], bigint[]);
UPDATE active_strategy SET fingerprint = '';

ALTER TABLE daily_usage
    ALTER COLUMN used TYPE numeric(38, 0),
    ALTER COLUMN price TYPE numeric(38, 8);
ALTER TABLE monthly_usage
    ALTER COLUMN used TYPE numeric(38, 0),
    ALTER COLUMN price TYPE numeric(38, 8),
    ALTER COLUMN ceiling TYPE numeric(38, 8),
    ALTER COLUMN previous_ceiling TYPE numeric(38, 8);

-- The other end of a ceiling's range. Below a ceiling of zero there is none: it lies below all prices.
CREATE OR REPLACE FUNCTION usage_price_floor(ceiling numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN ceiling <= 0 THEN -1e30 ELSE ceiling - greatest(0.5, ceiling * 0.0625) END
$$;

DELETE FROM total_usage;
INSERT INTO total_usage (subscription_id, usage_type, floor, ceiling)
SELECT subscription_id, usage_type, sum(usage_price_floor(ceiling)), sum(ceiling)
FROM monthly_usage
GROUP BY subscription_id, usage_type
ORDER BY subscription_id, usage_type;
