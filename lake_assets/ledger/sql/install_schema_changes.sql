-- Make the history of the files' columns: what each file has otherwise than the one before it.
ALTER TABLE lake_assets.files ADD COLUMN IF NOT EXISTS kind text;

COMMENT ON COLUMN lake_assets.files.kind IS 'full: of a full load; cdc: of changes';

CREATE OR REPLACE FUNCTION lake_assets.column_changes(before jsonb, after jsonb)
RETURNS TABLE (change text, column_name text, detail text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
WITH
old AS (
    SELECT found.name, found.place
    FROM jsonb_array_elements_text(before -> 'columns') WITH ORDINALITY AS found (name, place)
    UNION ALL
    -- The first file of a table is compared with the catalog, which names all but its extra columns.
    SELECT found.name, NULL
    FROM jsonb_array_elements_text((after -> 'columns') || (after -> 'missing')) AS found (name)
    WHERE before IS NULL AND NOT (after -> 'extra') ? found.name
),
new AS (
    SELECT found.name, found.place
    FROM jsonb_array_elements_text(after -> 'columns') WITH ORDINALITY AS found (name, place)
),
gone AS (SELECT * FROM old WHERE NOT EXISTS (SELECT FROM new WHERE new.name = old.name)),
come AS (SELECT * FROM new WHERE NOT EXISTS (SELECT FROM old WHERE old.name = new.name)),
kept AS (
    SELECT
        string_agg(name, ', ' ORDER BY new.place) AS now,
        string_agg(name, ', ' ORDER BY coalesce(old.place, new.place)) AS once
    FROM old INNER JOIN new USING (name)
)
SELECT
    CASE WHEN (before -> 'missing') ? come.name THEN 'returned' ELSE 'added' END,
    come.name,
    CASE WHEN (after -> 'extra') ? come.name THEN 'the catalog does not name it' END
FROM come
UNION ALL
SELECT 'missing', gone.name, CASE WHEN (after -> 'missing') ? gone.name THEN 'the catalog names it' END
FROM gone
UNION ALL
SELECT 'renamed?', gone.name, come.name || ' stands in its place, and may be ' || gone.name || ' renamed'
FROM gone INNER JOIN come USING (place)
WHERE after ->> 'format' IS DISTINCT FROM 'jsonl'
UNION ALL
SELECT 'reordered', NULL, kept.now || '; before: ' || kept.once
FROM kept
-- The keys of JSON lines have no order: it is that in which they are first met.
WHERE kept.now <> kept.once AND after ->> 'format' IS DISTINCT FROM 'jsonl'
$$;

CREATE OR REPLACE VIEW lake_assets.schema_changes AS
SELECT
    file.source,
    file.table_name,
    file.hour,
    file.key,
    found.change,
    found.column_name,
    found.detail,
    file.run_id,
    file.loaded_at AS noticed_at
FROM lake_assets.files AS file
LEFT JOIN LATERAL (
    SELECT earlier.dialect
    FROM lake_assets.files AS earlier
    WHERE
        earlier.source = file.source AND earlier.table_name = file.table_name
        AND (earlier.hour, earlier.key) < (file.hour, file.key)
        AND earlier.kind IS NOT DISTINCT FROM file.kind AND earlier.records > 0
    ORDER BY earlier.hour DESC, earlier.key DESC
    LIMIT 1
) AS before ON true
CROSS JOIN LATERAL lake_assets.column_changes(before.dialect, file.dialect) AS found
WHERE file.records > 0 AND before.dialect -> 'columns' IS DISTINCT FROM file.dialect -> 'columns'
UNION ALL
SELECT
    file.source,
    file.table_name,
    file.hour,
    file.key,
    'retyped',
    broken.column_name,
    broken.detail,
    file.run_id,
    file.noticed_at
FROM lake_assets.quarantined_files AS file
CROSS JOIN LATERAL jsonb_each_text(file.retyped) AS broken (column_name, detail)
WHERE
    NOT EXISTS (
        SELECT
        FROM lake_assets.quarantined_files AS earlier
        WHERE
            earlier.source = file.source AND earlier.table_name = file.table_name
            AND earlier.hour >= file.hour - interval '1 hour'
            AND (earlier.hour, earlier.key) < (file.hour, file.key)
            AND earlier.retyped ? broken.column_name
    );

COMMENT ON VIEW lake_assets.schema_changes IS
'what each file has otherwise than the file of its kind before it; of the first file, than the catalog';
