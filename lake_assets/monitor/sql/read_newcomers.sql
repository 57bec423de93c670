-- Read of columns that the catalog does not name: the first file that had each, where none older than so long had it.
SELECT wanted.table_name, wanted.column_name, first.key
FROM unnest(%(tables)s::text[], %(columns)s::text[], %(hours)s::timestamptz[])
AS wanted (table_name, column_name, hour)
CROSS JOIN LATERAL (
    SELECT file.key
    FROM lake_assets.files AS file
    WHERE
        file.source = %(source)s AND file.table_name = wanted.table_name AND file.records > 0
        AND file.hour >= wanted.hour - %(news)s AND (file.dialect -> 'columns') ? wanted.column_name
    ORDER BY file.hour, file.key
    LIMIT 1
) AS first
WHERE NOT EXISTS (
    SELECT
    FROM lake_assets.files AS file
    WHERE
        file.source = %(source)s AND file.table_name = wanted.table_name AND file.records > 0
        AND file.hour < wanted.hour - %(news)s AND (file.dialect -> 'columns') ? wanted.column_name
)
