-- Read what a table-hour's files have otherwise than those before them.
SELECT key, change, column_name, detail
FROM lake_assets.schema_changes
WHERE source = %(source)s AND table_name = %(table_name)s AND hour = %(hour)s
ORDER BY key, change, column_name
