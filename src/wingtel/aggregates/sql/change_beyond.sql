-- Who of those whose aggregates were changed may have come to anything that their ceilings did not allow before. See docs/decisions/0030.

-- Those of `subscriptions` for whom the price of a usage type left its ceiling, or from whom something was taken away. Null says all of
-- them. The others paid more, below ceilings that stand as they were.
ALTER TABLE usage_change ADD COLUMN beyond bigint[];
ALTER TABLE usage_change ALTER beyond SET STORAGE EXTERNAL;

-- What was paid in a month for data and voice together is no less than this where the highest ceilings of these prices
-- (usage_highest_ceiling) come to `ceilings`.
CREATE FUNCTION usage_least_price(ceilings numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT (ceilings - 2 * 0.5) / 1.0667 $$;
