-- Name the table-hours that had to be loaded so often within a day that they are left alone.
SELECT asked.table_name, asked.hour, asked.changes, asked.since
FROM lake_assets.reloads AS asked
JOIN lake_assets.table_hours AS known USING (source, table_name, hour)
WHERE
    asked.source = %(source)s AND asked.changes >= %(most_changes)s AND asked.since >= %(day_ago)s
    AND asked.asked IS DISTINCT FROM asked.manifest AND known.state = ANY (%(loadable)s::text[])
