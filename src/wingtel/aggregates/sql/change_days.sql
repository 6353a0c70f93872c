-- Change capture logs whose usage changed on which day, and nothing else. See docs/decisions/0023.
ALTER TABLE usage_change DROP COLUMN beyond;

DROP FUNCTION usage_least_price(numeric);
