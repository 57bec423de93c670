-- Forget the files of a table-hour's quarantined records, or only those of refused loads.
DELETE FROM lake_assets.quarantined_files
WHERE
    source = %(source)s AND table_name = %(table_name)s AND hour = %(hour)s
    AND (refused OR NOT %(refused)s)
