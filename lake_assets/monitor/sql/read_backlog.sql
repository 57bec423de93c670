-- Give the oldest table-hours that need a load and whose turn it is.
-- Those that are loaded again for a new column come after all others, and so many of them within an hour.
WITH due AS (
    SELECT
        asked.table_name,
        asked.hour,
        asked.manifest,
        asked.is_backfill,
        count(*) FILTER (WHERE asked.is_backfill) OVER (ORDER BY asked.hour, asked.table_name) AS place
    FROM lake_assets.reloads AS asked
    JOIN lake_assets.table_hours AS known USING (source, table_name, hour)
    WHERE
        asked.source = %(source)s AND known.state = ANY (%(loadable)s::text[])
        AND NOT coalesce(known.reason = ANY (%(held)s::text[]), false)
        -- A load would be refused until a person has looked at the column.
        AND known.reason IS DISTINCT FROM 'columns_gone'
        AND CASE
            WHEN asked.asked IS DISTINCT FROM asked.manifest
                THEN asked.changes < %(most_changes)s OR asked.since < %(day_ago)s
            ELSE asked.asked_at + (%(waits)s::interval[])[least(asked.attempts, cardinality(%(waits)s::interval[]))]
                <= %(now)s
        END
),

begun AS (
    SELECT count(*) AS backfills
    FROM lake_assets.reloads
    WHERE source = %(source)s AND is_backfill AND asked_at > %(hour_ago)s
)

SELECT due.table_name, due.hour, due.manifest, due.is_backfill
FROM due
CROSS JOIN begun
WHERE NOT due.is_backfill OR due.place + begun.backfills <= %(backfill)s
ORDER BY due.is_backfill, due.hour, due.table_name
LIMIT %(most)s
