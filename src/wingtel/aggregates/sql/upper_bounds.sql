-- The upper bound of a month's price (`ceiling`), and the lower bound that follows from it (`floor`).
--
-- A price that changes between the two leaves the upper bound of its row as it is, and so its index and the total. The total has the sums
-- of both bounds over all months. The constants may not change while rows are stored. See docs/decisions/0003 and 0008.

-- The upper bound given to a price that has left its range: a sixteenth above it, and at least a half; never below zero.
CREATE OR REPLACE FUNCTION usage_price_ceiling(price numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT greatest(price + greatest(0.5, price * 0.0625), 0) $$;

-- The lowest upper bound that a price can have. Only negative prices have zero.
CREATE OR REPLACE FUNCTION usage_price_least_ceiling(price numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT greatest(price, CASE WHEN price < 0 THEN 0 ELSE 0.0001 END) $$;

-- The highest upper bound that a price can have: the lower bound of any higher one lies above the price.
CREATE OR REPLACE FUNCTION usage_highest_ceiling(price numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT price + greatest(0.5, price * 0.0667, -price) $$;

-- The lower bound of an upper bound: a price below it gets a new upper bound. That of zero lies below all prices.
CREATE OR REPLACE FUNCTION usage_price_floor(ceiling numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN ceiling <= 0 THEN -1e30 ELSE ceiling - greatest(0.5, ceiling * 0.0625) END
$$;
