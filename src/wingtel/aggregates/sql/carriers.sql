-- Who exceeds a limit may be asked of one carrier: the function is made anew, with the carrier as its last parameter.
DROP FUNCTION IF EXISTS usage_exceeding(date, date, text[], numeric, bigint[], numeric, bigint, bigint);
