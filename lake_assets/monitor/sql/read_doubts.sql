-- Read of tables whose files had a header: the files whose first record was taken for data, though it may be one too.
SELECT wanted.table_name, headed.columns, doubtful.files, doubtful.key
FROM unnest(%(tables)s::text[]) AS wanted (table_name)
CROSS JOIN LATERAL (
    SELECT file.dialect -> 'columns' AS columns
    FROM lake_assets.files AS file
    WHERE
        file.source = %(source)s AND file.table_name = wanted.table_name
        AND (file.dialect ->> 'header') = 'true' AND coalesce(file.dialect ->> 'format', 'csv') = 'csv'
    ORDER BY file.hour DESC, file.key DESC
    LIMIT 1
) AS headed
CROSS JOIN LATERAL (
    SELECT count(*) AS files, max(file.key) AS key
    FROM lake_assets.files AS file
    WHERE
        file.source = %(source)s AND file.table_name = wanted.table_name
        AND (file.dialect ->> 'is_doubtful') = 'true' AND file.records > 0
) AS doubtful
WHERE doubtful.files > 0
