-- Read why the first records of a table's hours are in quarantine.
SELECT column_name, reason
FROM lake_assets.quarantine
WHERE source = %(source)s AND table_name = %(table_name)s AND hour >= %(first)s AND hour <= %(last)s
ORDER BY source, table_name, hour, key, record
LIMIT %(limit)s
