-- Read the newest waiver of each table-hour of a range that has one.
SELECT DISTINCT ON (hour) hour, files
FROM lake_assets.waivers
WHERE source = %(source)s AND table_name = %(table_name)s AND hour >= %(first)s AND hour < %(end)s
ORDER BY hour, id DESC
