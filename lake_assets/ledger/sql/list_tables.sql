-- Name the tables that the ledger has hours of, each found by a step in the primary key.
WITH RECURSIVE known (source, table_name) AS (
    (SELECT source, table_name FROM lake_assets.table_hours ORDER BY source, table_name LIMIT 1)
    UNION ALL
    SELECT following.source, following.table_name
    FROM known
    CROSS JOIN LATERAL (
        SELECT source, table_name
        FROM lake_assets.table_hours
        WHERE (source, table_name) > (known.source, known.table_name)
        ORDER BY source, table_name
        LIMIT 1
    ) AS following
)

SELECT source, table_name FROM known ORDER BY source, table_name
