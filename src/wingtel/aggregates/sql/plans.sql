-- Who exceeds a limit may be asked of one plan: the function is made anew, with the plan as its last parameter.
DROP FUNCTION IF EXISTS usage_exceeding(date, date, text[], numeric, bigint[], numeric, bigint, bigint, text);
