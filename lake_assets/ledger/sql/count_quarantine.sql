-- Count the quarantined records main stands on, for each file of a range of table-hours.
SELECT hour, key, count(*)
FROM lake_assets.quarantine
WHERE
    source = %(source)s AND table_name = %(table_name)s
    AND hour >= %(first)s AND hour < %(end)s AND NOT refused
GROUP BY hour, key
