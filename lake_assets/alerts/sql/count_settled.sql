-- Count the table-hours of a range that a run has left its mark on.
SELECT count(*)
FROM lake_assets.table_hours
WHERE
    source || '.' || table_name = ANY (%(tables)s)
    AND hour >= %(first)s AND hour <= %(last)s AND run_id = %(run_id)s
