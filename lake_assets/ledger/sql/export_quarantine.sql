-- Read quarantined records with their bytes, file by file, each once, and how their files are written.
SELECT DISTINCT ON (held.source, held.table_name, held.hour, held.key, held.etag, held.record)
    held.source,
    held.table_name,
    held.hour,
    held.key,
    held.etag,
    held.record,
    held.column_name,
    held.reason,
    held.value,
    held.raw,
    held.raw_purged_at,
    coalesce(file.encoding, 'utf-8') AS encoding,
    coalesce(file.beginning, ''::bytea) AS beginning
FROM lake_assets.quarantine AS held
LEFT JOIN lake_assets.quarantined_files AS file
    ON
        (held.source, held.table_name, held.hour, held.key, held.refused)
        = (file.source, file.table_name, file.hour, file.key, file.refused)
WHERE held.source || '.' || held.table_name = ANY (%(tables)s) AND held.hour >= %(first)s AND held.hour < %(end)s
ORDER BY held.source, held.table_name, held.hour, held.key, held.etag, held.record, held.refused
