-- Read the files of a range of table-hours, as the ledger has them.
SELECT id, hour, key, etag, bytes, records, loaded, quarantined, superseded, filtered, added, dialect,
    column_set
FROM lake_assets.files
WHERE
    source = %(source)s AND table_name = %(table_name)s
    AND hour >= %(first)s AND hour < %(end)s
ORDER BY hour, key
