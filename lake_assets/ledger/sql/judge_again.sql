-- Write down the state a check found, unless somebody has written the hour's row since it was read.
UPDATE lake_assets.table_hours
SET state = %(state)s, note = %(note)s, updated_at = clock_timestamp()
WHERE
    source = %(source)s AND table_name = %(table_name)s AND hour = %(hour)s
    AND updated_at = %(seen)s
