-- Whether writers must announce what they change (wingtel.usage.announcements).
--
-- State of the database, kept as the body of a function: the catalog is read afresh in every isolation level, and the
-- planner makes a constant of it. usage_set_announcing() rewrites it.
CREATE FUNCTION usage_writers_announce() RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT false $$;
