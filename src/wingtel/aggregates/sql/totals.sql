-- The all-time grain, and the deltas that a strategy may put aside. See docs/decisions/0007.
--
-- What a subscription paid in all its months is the sum of them. To know which subscriptions paid most, without an upsert
-- more for every batch of records, each month carries a ceiling that its price does not pass, and a total holds the sum of
-- the ceilings: an upper bound, changed only when a month's price leaves the range that its ceiling stands for.

-- The ceiling given to a price that has left its range: a sixteenth above it, and at least a half.
CREATE FUNCTION usage_price_ceiling(price numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT price + greatest(0.5, price * 0.0625) $$;

-- The other end of the range: a price below it gets a new ceiling.
CREATE FUNCTION usage_price_floor(ceiling numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT ceiling - greatest(0.5, ceiling * 0.0625) $$;

ALTER TABLE monthly_usage
    ADD COLUMN ceiling numeric(20, 4),
    ADD COLUMN previous_ceiling numeric(20, 4);  -- the one before the last change of the row, for who has to change the total
UPDATE monthly_usage SET ceiling = price;
ALTER TABLE monthly_usage
    ALTER COLUMN ceiling SET NOT NULL,
    ADD CONSTRAINT monthly_usage_ceiling CHECK (price <= ceiling);

-- Sums of many months: numeric without a limit, so that adding and taking away cancel exactly.
CREATE TABLE total_usage (
    subscription_id bigint NOT NULL,
    usage_type      text COLLATE "C" NOT NULL CHECK (usage_type IN ('data', 'voice')),
    floor           numeric NOT NULL,
    ceiling         numeric NOT NULL,
    PRIMARY KEY (subscription_id, usage_type)
) WITH (fillfactor = 80);

INSERT INTO total_usage (subscription_id, usage_type, floor, ceiling)
SELECT subscription_id, usage_type, sum(usage_price_floor(ceiling)), sum(ceiling)
FROM monthly_usage
GROUP BY subscription_id, usage_type
ORDER BY subscription_id, usage_type;

CREATE INDEX total_usage_ceiling ON total_usage (usage_type, ceiling);

-- What was added and taken away since the last fold, grouped by whoever wrote it. Has no index: it is appended to often and
-- read whole.
CREATE TABLE usage_delta (
    subscription_id bigint NOT NULL,
    usage_type      text COLLATE "C" NOT NULL,
    day             date NOT NULL,
    used            bigint NOT NULL,
    price           numeric(20, 4) NOT NULL,
    records         bigint NOT NULL,
    since           timestamptz NOT NULL DEFAULT now()
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);

-- The views are made anew with the functions, without the column that readers no longer see.
DROP VIEW IF EXISTS usage_daily, usage_monthly;
