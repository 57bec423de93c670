-- Tell which version of the ledger is installed, or nothing where there is none.
SELECT obj_description(to_regnamespace('lake_assets'), 'pg_namespace')
