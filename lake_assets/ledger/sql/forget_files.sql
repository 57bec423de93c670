-- Drop the files of a table-hour that are no longer in the lake, and name them.
DELETE FROM lake_assets.files
WHERE
    source = %(source)s AND table_name = %(table_name)s AND hour = %(hour)s
    AND NOT (id = ANY (%(kept)s::bigint[]))
RETURNING key, records
