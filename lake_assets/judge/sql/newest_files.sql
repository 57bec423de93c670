-- Give the newest hour with files of each table of a source.
SELECT table_name, max(hour)
FROM lake_assets.table_hours
WHERE source = %(source)s AND files > 0
GROUP BY table_name
