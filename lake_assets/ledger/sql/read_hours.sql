-- Read what is known of the table-hours of a range; with states, only of those that are in one of them.
SELECT
    hour, state, files, records, loaded, quarantined, superseded, filtered, added, run_id, updated_at, evidence, note
FROM lake_assets.table_hours
WHERE
    source = %(source)s AND table_name = %(table_name)s
    AND hour >= %(first)s AND hour < %(end)s
    AND (%(states)s::text[] IS NULL OR state = ANY (%(states)s::text[]))
ORDER BY hour
