-- Exceeding a limit in any period of days is found by one function; its parameters have other names. They are made anew with the views.
DROP FUNCTION IF EXISTS
    usage_exceeding(date, date, text[], numeric, bigint[], numeric, bigint, bigint, text, bigint),
    usage_summed(bigint[], text[], date, date);
