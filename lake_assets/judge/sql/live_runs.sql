-- Name the Dagster runs that have a session of the warehouse open.
SELECT DISTINCT substr(application_name, length(%(application)s) + 2)
FROM pg_stat_activity
WHERE datname = current_database() AND starts_with(application_name, %(application)s || ' ')
