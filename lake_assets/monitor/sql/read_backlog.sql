-- Give the oldest table-hours that need a load and whose turn it is.
SELECT asked.table_name, asked.hour, asked.manifest
FROM lake_assets.reloads AS asked
JOIN lake_assets.table_hours AS known USING (source, table_name, hour)
WHERE
    asked.source = %(source)s AND known.state = ANY (%(loadable)s::text[])
    AND NOT coalesce(known.reason = ANY (%(held)s::text[]), false)
    AND CASE
        WHEN asked.asked IS DISTINCT FROM asked.manifest
            THEN asked.changes < %(most_changes)s OR asked.since < %(day_ago)s
        ELSE asked.asked_at + (%(waits)s::interval[])[least(asked.attempts, cardinality(%(waits)s::interval[]))]
            <= %(now)s
    END
ORDER BY asked.hour, asked.table_name
LIMIT %(most)s
