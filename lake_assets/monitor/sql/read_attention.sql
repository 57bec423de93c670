-- Read the table-hours of a range that need attention.
SELECT hour, state, files, records, loaded, quarantined, superseded, filtered, added, run_id, updated_at, note
FROM lake_assets.table_hours
WHERE
    source = %(source)s AND table_name = %(table_name)s
    AND hour >= %(first)s AND hour < %(end)s
    AND state IN ('missing', 'failed', 'mismatch', 'stale', 'quarantined')
ORDER BY hour
