-- Read the newest file with records of each kind of some tables of a source: which columns it has.
SELECT wanted.table_name, newest.kind, newest.hour, newest.key, newest.format, newest.columns
FROM unnest(%(tables)s::text[]) AS wanted (table_name)
CROSS JOIN (VALUES ('full'), ('cdc')) AS either (kind)
CROSS JOIN LATERAL (
    SELECT
        file.kind, file.hour, file.key,
        coalesce(file.dialect ->> 'format', 'csv') AS format, file.dialect -> 'columns' AS columns
    FROM lake_assets.files AS file
    WHERE
        file.source = %(source)s AND file.table_name = wanted.table_name
        AND file.kind = either.kind AND file.records > 0
    ORDER BY file.hour DESC, file.key DESC
    LIMIT 1
) AS newest
