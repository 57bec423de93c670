-- Read of tables whose files had a header: the files whose first record was taken for data, though it may be one too.
-- Where none had a header, the files whose first record has names of columns in it.
SELECT wanted.table_name, headed.columns, doubtful.files, doubtful.key
FROM unnest(%(tables)s::text[]) AS wanted (table_name)
LEFT JOIN LATERAL (
    SELECT file.dialect -> 'columns' AS columns
    FROM lake_assets.files AS file
    WHERE
        file.source = %(source)s AND file.table_name = wanted.table_name
        AND (file.dialect ->> 'header') = 'true' AND coalesce(file.dialect ->> 'format', 'csv') = 'csv'
    ORDER BY file.hour DESC, file.key DESC
    LIMIT 1
) AS headed ON true
CROSS JOIN LATERAL (
    SELECT count(*) AS files, max(file.key) AS key
    FROM lake_assets.files AS file
    WHERE
        headed.columns IS NOT NULL AND file.source = %(source)s AND file.table_name = wanted.table_name
        AND (file.dialect ->> 'is_doubtful') = 'true' AND file.records > 0
    UNION ALL
    SELECT count(*) AS files, max(file.key) AS key
    FROM lake_assets.files AS file
    WHERE
        headed.columns IS NULL AND file.source = %(source)s AND file.table_name = wanted.table_name
        AND (file.dialect ->> 'has_names') = 'true' AND file.records > 0
) AS doubtful
WHERE doubtful.files > 0
