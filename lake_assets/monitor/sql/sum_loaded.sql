-- Add up the rows that main should hold of a range of a table's hours.
SELECT coalesce(sum(loaded + added), 0)::bigint
FROM lake_assets.table_hours
WHERE
    source = %(source)s AND table_name = %(table_name)s
    AND hour >= %(first)s AND hour < %(end)s
