-- The upper bound of a month's price, its ceiling, and the lower bound that follows from it, its floor.
--
-- A price that grows or shrinks between the two leaves its row's ceiling as it is, and so the index on it and the total, which has the sums of
-- both over all months. The constants may not change while rows are stored. See docs/decisions/0003 and 0008.

-- The ceiling given to a price that has left its range: a sixteenth above it, and at least a half; never below zero.
CREATE OR REPLACE FUNCTION usage_price_ceiling(price numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT greatest(price + greatest(0.5, price * 0.0625), 0) $$;

-- The lowest ceiling that a price can have. Zero is that of negative prices alone.
CREATE OR REPLACE FUNCTION usage_price_least_ceiling(price numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT greatest(price, CASE WHEN price < 0 THEN 0 ELSE 0.0001 END) $$;

-- The highest ceiling that a price can have: the floor of any higher one lies above it.
CREATE OR REPLACE FUNCTION usage_highest_ceiling(price numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT price + greatest(0.5, price * 0.0667, -price) $$;

-- The floor of a ceiling: a price below it gets a new ceiling. Below a ceiling of zero there is none: it lies below all prices.
CREATE OR REPLACE FUNCTION usage_price_floor(ceiling numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN ceiling <= 0 THEN -1e30 ELSE ceiling - greatest(0.5, ceiling * 0.0625) END
$$;
