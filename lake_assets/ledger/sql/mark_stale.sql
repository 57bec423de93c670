-- Say that a table-hour must be loaded again.
UPDATE lake_assets.table_hours
SET state = 'stale', note = %(note)s, updated_at = clock_timestamp()
WHERE source = %(source)s AND table_name = %(table_name)s AND hour = %(hour)s
