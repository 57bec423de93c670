-- Find of table-hours two counts of DMS's around them, by one start of the task, and how much changed in between.
SELECT asked.table_name, asked.hour, earlier.taken_at, later.taken_at, later.changes - earlier.changes
FROM unnest(%(tables)s::text[], %(firsts)s::timestamptz[], %(hours)s::timestamptz[])
AS asked (table_name, first, hour)
CROSS JOIN LATERAL (
    SELECT known.task, known.taken_at, known.started_at, known.changes
    FROM lake_assets.dms_counts AS known
    WHERE
        known.schema_name = %(schema)s AND known.table_name = asked.table_name
        AND known.taken_at <= asked.first
    ORDER BY known.taken_at DESC
    LIMIT 1
) AS earlier
CROSS JOIN LATERAL (
    SELECT known.taken_at, known.started_at, known.changes
    FROM lake_assets.dms_counts AS known
    WHERE
        known.task = earlier.task
        AND known.schema_name = %(schema)s AND known.table_name = asked.table_name
        AND known.taken_at >= asked.hour + interval '1 hour'
    ORDER BY known.taken_at
    LIMIT 1
) AS later
WHERE later.started_at IS NOT DISTINCT FROM earlier.started_at
