-- Read how many rows child tables got from the files of a range of table-hours.
SELECT file.hour, file.id, file.key, known.child, known.rows
FROM lake_assets.files AS file
LEFT JOIN lake_assets.child_files AS known ON known.file_id = file.id
WHERE
    file.source = %(source)s AND file.table_name = %(table_name)s
    AND file.hour >= %(first)s AND file.hour < %(end)s
ORDER BY file.hour, file.key
