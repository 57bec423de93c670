-- Read what is known of the table-hours of a range.
SELECT hour, state, files, records, loaded, quarantined, superseded, filtered, added, run_id, updated_at, note
FROM lake_assets.table_hours
WHERE
    source = %(source)s AND table_name = %(table_name)s
    AND hour >= %(first)s AND hour < %(end)s
ORDER BY hour
