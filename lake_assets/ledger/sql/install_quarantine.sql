-- Complete what is kept of records in quarantine: whose bytes they are, how those are written, what was purged.
ALTER TABLE lake_assets.quarantine
ADD COLUMN IF NOT EXISTS etag text,
ADD COLUMN IF NOT EXISTS raw_purged_at timestamptz;

UPDATE lake_assets.quarantine AS held
SET etag = file.etag
FROM lake_assets.files AS file
WHERE
    held.etag IS NULL AND NOT held.refused
    AND (file.source, file.table_name, file.hour, file.key)
    = (held.source, held.table_name, held.hour, held.key);

COMMENT ON COLUMN lake_assets.quarantine.quarantined_at IS
'when the record came into quarantine; it stays through later loads of the same file, byte for byte';

COMMENT ON COLUMN lake_assets.quarantine.retried_at IS
'when a load last tried the record again, in vain; NULL: never. A record that could be loaded is no longer here';

COMMENT ON COLUMN lake_assets.quarantine.raw_purged_at IS
'when raw was emptied by `lake-assets quarantine purge`; NULL: raw is the record''s bytes';

CREATE TABLE IF NOT EXISTS lake_assets.quarantined_files (
    source text NOT NULL,
    table_name text NOT NULL,
    hour timestamptz NOT NULL,
    key text NOT NULL,
    refused boolean NOT NULL,
    etag text NOT NULL,
    records bigint NOT NULL,
    encoding text NOT NULL,
    beginning bytea NOT NULL,
    retyped jsonb,
    run_id text NOT NULL,
    noticed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (source, table_name, hour, key, refused)
);

COMMENT ON TABLE lake_assets.quarantined_files IS
'the files that have records in quarantine, with what an export of those records needs';

COMMENT ON COLUMN lake_assets.quarantined_files.beginning IS
'what the file has before its first record, in its own encoding: byte order mark, header';

COMMENT ON COLUMN lake_assets.quarantined_files.retyped IS
'the columns whose type at least half of the file''s records (and two) do not fit, with the first value';
