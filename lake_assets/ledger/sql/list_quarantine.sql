-- List quarantined records of some tables, oldest hour of each first; without a limit (NULL), all of them.
SELECT
    id, source, table_name, hour, key, etag, record, column_name, value, reason, sqlstate, raw, refused, run_id,
    quarantined_at, retried_at, raw_purged_at
FROM lake_assets.quarantine
WHERE source || '.' || table_name = ANY (%(tables)s) AND hour >= %(first)s AND hour < %(end)s
ORDER BY source, table_name, hour, key, record
LIMIT %(limit)s
