-- Count the quarantined records of some tables in a range of hours.
SELECT count(*)
FROM lake_assets.quarantine
WHERE source || '.' || table_name = ANY (%(tables)s) AND hour >= %(first)s AND hour < %(end)s
