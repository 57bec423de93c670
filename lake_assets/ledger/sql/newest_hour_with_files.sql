-- Find the newest hour of a table that has files in the ledger, one hour left aside.
SELECT max(hour)
FROM lake_assets.files
WHERE source = %(source)s AND table_name = %(table_name)s AND hour IS DISTINCT FROM %(but)s
