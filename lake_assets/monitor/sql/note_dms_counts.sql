-- Keep what DMS counts for each table, and forget what is older than the look back.
WITH old AS (
    DELETE FROM lake_assets.dms_counts WHERE taken_at < %(until)s
)

INSERT INTO lake_assets.dms_counts (task, schema_name, table_name, taken_at, started_at, changes)
SELECT counted.task, counted.schema_name, counted.table_name, %(now)s, counted.started_at, counted.changes
FROM unnest(
    %(tasks)s::text[], %(schemas)s::text[], %(tables)s::text[], %(starts)s::timestamptz[], %(changes)s::bigint[]
) AS counted (task, schema_name, table_name, started_at, changes)
ON CONFLICT DO NOTHING
