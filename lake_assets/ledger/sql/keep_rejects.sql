-- Keep the records that this load could not take, in the place of those that loads before it had left.
-- A record that was there already, of the same bytes, has been tried again and keeps its age.
WITH before AS (
    SELECT key, etag, record, min(quarantined_at) AS since
    FROM lake_assets.quarantine
    WHERE source = %(source)s AND table_name = %(table_name)s AND hour = %(hour)s
    GROUP BY key, etag, record
),

cleared AS (
    DELETE FROM lake_assets.quarantine
    WHERE
        source = %(source)s AND table_name = %(table_name)s AND hour = %(hour)s
        AND (refused OR NOT %(refused)s) AND NOT (key = ANY (%(kept)s::text[]))
)

INSERT INTO lake_assets.quarantine (
    source, table_name, hour, key, etag, record, column_name, value, reason, sqlstate, raw, refused, run_id,
    quarantined_at, retried_at
)
SELECT
    %(source)s,
    %(table_name)s,
    %(hour)s,
    reject.key,
    file.etag,
    reject.record,
    reject.column_name,
    reject.value,
    reject.reason,
    reject.sqlstate,
    reject.raw,
    %(refused)s,
    %(run_id)s,
    coalesce(before.since, clock_timestamp()),
    CASE WHEN before.since IS NOT NULL THEN clock_timestamp() END
FROM lake_assets_rejects AS reject
LEFT JOIN unnest(%(keys)s::text[], %(etags)s::text[]) AS file (key, etag) ON reject.key = file.key
LEFT JOIN before
    ON reject.key = before.key AND reject.record = before.record AND file.etag = before.etag
ORDER BY reject.key, reject.record
