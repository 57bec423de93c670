-- Find at once which files of a table had a header, and of which it is doubtful whether their first record was one.
CREATE INDEX IF NOT EXISTS headed_files ON lake_assets.files (source, table_name, hour, key)
WHERE (dialect ->> 'header') = 'true' AND coalesce(dialect ->> 'format', 'csv') = 'csv';

CREATE INDEX IF NOT EXISTS doubtful_files ON lake_assets.files (source, table_name, hour, key)
WHERE (dialect ->> 'is_doubtful') = 'true' AND records > 0;

CREATE INDEX IF NOT EXISTS half_named_files ON lake_assets.files (source, table_name, hour, key)
WHERE (dialect ->> 'has_names') = 'true' AND records > 0;

-- Find at once the newest file of each kind, and the one before a file: full loads and changes differ in columns.
CREATE INDEX IF NOT EXISTS files_by_kind ON lake_assets.files (source, table_name, kind, hour, key)
WHERE records > 0;
