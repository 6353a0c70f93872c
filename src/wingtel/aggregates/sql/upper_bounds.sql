-- The upper bound of a month's price (`price_upper_bound`), and the lower bound that follows from it (`price_lower_bound`).
--
-- A price that changes between the two leaves the upper bound of its row as it is, and so its index and the total. The total has the sums
-- of both bounds over all months. The constants may not change while rows are stored. See docs/decisions/0003 and 0008.

-- The upper bound given to a price that has left its range: a sixteenth above it, and at least a half; never below zero.
CREATE OR REPLACE FUNCTION usage_price_upper_bound(price numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT greatest(price + greatest(0.5, price * 0.0625), 0) $$;

-- The lowest upper bound that a price can have. Only negative prices have zero.
CREATE OR REPLACE FUNCTION usage_least_upper_bound(price numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT greatest(price, CASE WHEN price < 0 THEN 0 ELSE 0.0001 END) $$;

-- The highest upper bound that a price can have: the lower bound of any higher one lies above the price.
CREATE OR REPLACE FUNCTION usage_highest_upper_bound(price numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT price + greatest(0.5, price * 0.0667, -price) $$;

-- The lower bound of an upper bound: a price below it gets a new upper bound. That of zero lies below all prices.
CREATE OR REPLACE FUNCTION usage_price_lower_bound(price_upper_bound numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN price_upper_bound <= 0 THEN -1e30 ELSE price_upper_bound - greatest(0.5, price_upper_bound * 0.0625) END
$$;
