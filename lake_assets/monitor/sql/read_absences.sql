-- Read of columns that a file lacks: the last file that had each, the first without it, whether it was always there.
SELECT
    wanted.table_name, wanted.column_name, wanted.key, last.key AS last_key, last.columns AS last_columns,
    since.key AS since_key, steady.is_steady
FROM unnest(
    %(tables)s::text[], %(columns)s::text[], %(kinds)s::text[], %(alone)s::boolean[], %(hours)s::timestamptz[],
    %(keys)s::text[]
) AS wanted (table_name, column_name, kind, alone, hour, key)
LEFT JOIN LATERAL (
    SELECT file.hour, file.key, file.dialect -> 'columns' AS columns
    FROM lake_assets.files AS file
    WHERE
        file.source = %(source)s AND file.table_name = wanted.table_name AND file.records > 0
        AND (file.kind = wanted.kind OR NOT wanted.alone)
        AND (file.hour, file.key) < (wanted.hour, wanted.key)
        AND (file.dialect -> 'columns') ? wanted.column_name
    ORDER BY file.hour DESC, file.key DESC
    LIMIT 1
) AS last ON true
LEFT JOIN LATERAL (
    SELECT file.key
    FROM lake_assets.files AS file
    WHERE
        file.source = %(source)s AND file.table_name = wanted.table_name AND file.records > 0
        AND file.kind = wanted.kind AND (file.hour, file.key) > (last.hour, last.key)
    ORDER BY file.hour, file.key
    LIMIT 1
) AS since ON true
LEFT JOIN LATERAL (
    SELECT bool_and((before.dialect -> 'columns') ? wanted.column_name) AS is_steady
    FROM (
        SELECT file.dialect
        FROM lake_assets.files AS file
        WHERE
            file.source = %(source)s AND file.table_name = wanted.table_name AND file.records > 0
            AND file.kind = wanted.kind AND (file.hour, file.key) <= (last.hour, last.key)
        ORDER BY file.hour DESC, file.key DESC
        LIMIT %(files)s
    ) AS before
) AS steady ON true
