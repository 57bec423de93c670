-- Write down what lake and catalog have for table-hours that need a load.
INSERT INTO lake_assets.reloads AS known (source, table_name, hour, manifest, is_backfill)
SELECT %(source)s, wanted.table_name, wanted.hour, wanted.manifest, wanted.is_backfill
FROM unnest(%(tables)s::text[], %(hours)s::timestamptz[], %(manifests)s::text[], %(backfills)s::boolean[])
AS wanted (table_name, hour, manifest, is_backfill)
ON CONFLICT (source, table_name, hour) DO UPDATE
SET manifest = excluded.manifest, is_backfill = excluded.is_backfill
WHERE (known.manifest, known.is_backfill) <> (excluded.manifest, excluded.is_backfill)
