-- Write down the state a check found, where it is another than the one known.
UPDATE lake_assets.table_hours
SET state = %(state)s, note = %(note)s, updated_at = clock_timestamp()
WHERE
    source = %(source)s AND table_name = %(table_name)s AND hour = %(hour)s
    AND (state, note) IS DISTINCT FROM (%(state)s, %(note)s)
