-- Write down what lake and catalog have for table-hours that need a load.
INSERT INTO lake_assets.reloads AS known (source, table_name, hour, manifest)
SELECT %(source)s, wanted.table_name, wanted.hour, wanted.manifest
FROM unnest(%(tables)s::text[], %(hours)s::timestamptz[], %(manifests)s::text[])
AS wanted (table_name, hour, manifest)
ON CONFLICT (source, table_name, hour) DO UPDATE
SET manifest = excluded.manifest
WHERE known.manifest <> excluded.manifest
