-- Give a file of a table-hour its id; a file of the same key keeps the one it had.
INSERT INTO lake_assets.files (source, table_name, hour, key, etag, bytes, kind, dialect, column_set, run_id)
VALUES (
    %(source)s, %(table_name)s, %(hour)s, %(key)s, %(etag)s, %(bytes)s, %(kind)s, %(dialect)s, %(column_set)s,
    %(run_id)s
)
ON CONFLICT (source, table_name, hour, key) DO UPDATE
SET
    etag = excluded.etag,
    bytes = excluded.bytes,
    kind = excluded.kind,
    dialect = excluded.dialect,
    column_set = excluded.column_set,
    run_id = excluded.run_id,
    loaded_at = clock_timestamp()
RETURNING id
