-- name: database
-- Select the version of the server, and the name and the size of the database.
SELECT current_setting('server_version'), current_database(), pg_database_size(current_database())
