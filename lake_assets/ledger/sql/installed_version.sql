-- Tell which version of the ledger is installed, or nothing where there is none.
-- The catalogs are read as tables: to_regnamespace may not yet know what was committed while this session waited.
SELECT description.description
FROM pg_namespace AS namespace
INNER JOIN pg_description AS description
    ON namespace.oid = description.objoid AND description.classoid = 'pg_catalog.pg_namespace'::regclass
WHERE namespace.nspname = 'lake_assets'
