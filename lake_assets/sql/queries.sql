-- name: current_schemas
-- Name the schemas of the search path that are there and may be used, those that nobody names among them.
SELECT pg_catalog.current_schemas(true)::pg_catalog.text []

-- name: limit_wait
-- Let no statement of this transaction wait longer for a lock than this.
SELECT set_config('lock_timeout', %(limit)s, true)

-- name: lock_holders
-- Name the sessions that hold a lock on tables, and prepared transactions, which have no session.
SELECT DISTINCT held.pid, coalesce(session.application_name, ''), coalesce(session.usename, ''), prepared.gid
FROM unnest(%(tables)s::text[]) AS asked (name)
INNER JOIN pg_locks AS held ON held.relation = to_regclass(asked.name)
INNER JOIN pg_database AS database ON database.oid = held.database
LEFT JOIN pg_stat_activity AS session ON session.pid = held.pid
LEFT JOIN pg_prepared_xacts AS prepared ON held.virtualtransaction = '-1/' || prepared.transaction::text
WHERE
    held.locktype = 'relation' AND held.granted AND database.datname = current_database()
    AND held.pid IS DISTINCT FROM pg_backend_pid()
ORDER BY held.pid NULLS LAST

-- name: order_dates
-- Read dates that are not written year first in this order until the transaction ends.
SELECT set_config('DateStyle', %(style)s, true)

-- name: restore_search_path
-- Let this transaction look for names where role, database and connection would have it look.
SET LOCAL search_path TO DEFAULT

-- name: set_up_session
-- Set settings for the length of the session, and tell what they are now; schemas are named, for any path may hold.
SELECT wanted.name, pg_catalog.set_config(wanted.name, wanted.value, false)
FROM
    ROWS FROM (
        pg_catalog.unnest(%(names)s::pg_catalog.text []), pg_catalog.unnest(%(values)s::pg_catalog.text [])
    ) AS wanted (name, value)
