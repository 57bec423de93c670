-- Name the files, as they were then, that have quarantined records in a range of table-hours.
SELECT DISTINCT hour, key, etag
FROM lake_assets.quarantine
WHERE source = %(source)s AND table_name = %(table_name)s AND hour >= %(first)s AND hour < %(end)s
