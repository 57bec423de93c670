-- Count the quarantined records of each table-hour of a range; one that is there twice (refused too) counts once.
SELECT source || '.' || table_name, hour, count(DISTINCT (key, record))
FROM lake_assets.quarantine
WHERE source || '.' || table_name = ANY (%(tables)s) AND hour >= %(first)s AND hour < %(end)s
GROUP BY source, table_name, hour
ORDER BY source, table_name, hour
