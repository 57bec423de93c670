-- Let table-hours that were well be asked for anew, though their files are those of the last request.
UPDATE lake_assets.reloads AS known
SET asked = NULL
FROM unnest(%(tables)s::text[], %(hours)s::timestamptz[]) AS again (table_name, hour)
WHERE
    known.source = %(source)s AND known.table_name = again.table_name AND known.hour = again.hour
