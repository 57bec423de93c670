-- Count no more rows of child tables from older snapshots: a newer one is the table now.
UPDATE lake_assets.child_files AS known
SET rows = 0
FROM lake_assets.files AS file
WHERE
    file.id = known.file_id AND file.source = %(source)s AND file.table_name = %(table_name)s
    AND file.hour < %(hour)s
