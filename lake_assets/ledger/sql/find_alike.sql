-- Read the files of a table, of any hour, that have one of some keys, or the bytes of one of some objects.
SELECT id, hour, key, etag, bytes, records, loaded, quarantined, superseded, filtered, added, dialect
FROM lake_assets.files
WHERE
    source = %(source)s AND table_name = %(table_name)s AND records > 0
    AND (key = ANY (%(keys)s::text[]) OR etag = ANY (%(etags)s::text[]))
ORDER BY hour, key
