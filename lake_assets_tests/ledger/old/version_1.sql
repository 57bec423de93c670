-- Create or complete the schema lake_assets; safe to run at any time.
CREATE SCHEMA IF NOT EXISTS lake_assets;

CREATE TABLE IF NOT EXISTS lake_assets.files (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    table_name text NOT NULL,
    hour timestamptz NOT NULL,
    key text NOT NULL,
    etag text NOT NULL,
    bytes bigint NOT NULL,
    records bigint NOT NULL DEFAULT 0,
    loaded bigint NOT NULL DEFAULT 0,
    quarantined bigint NOT NULL DEFAULT 0,
    superseded bigint NOT NULL DEFAULT 0,
    filtered bigint NOT NULL DEFAULT 0,
    dialect jsonb NOT NULL,
    run_id text NOT NULL,
    loaded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (source, table_name, hour, key),
    CONSTRAINT every_record_accounted_for CHECK (records = loaded + quarantined + superseded + filtered)
);

CREATE TABLE IF NOT EXISTS lake_assets.table_hours (
    source text NOT NULL,
    table_name text NOT NULL,
    hour timestamptz NOT NULL,
    state text NOT NULL CONSTRAINT known_state CHECK (state IN (
        'expected', 'missing', 'quiet', 'loaded', 'quarantined', 'failed', 'mismatch', 'stale', 'waived'
    )),
    files integer NOT NULL DEFAULT 0,
    records bigint NOT NULL DEFAULT 0,
    loaded bigint NOT NULL DEFAULT 0,
    quarantined bigint NOT NULL DEFAULT 0,
    superseded bigint NOT NULL DEFAULT 0,
    filtered bigint NOT NULL DEFAULT 0,
    run_id text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    note text,
    PRIMARY KEY (source, table_name, hour)
);

CREATE TABLE IF NOT EXISTS lake_assets.quarantine (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    table_name text NOT NULL,
    hour timestamptz NOT NULL,
    key text NOT NULL,
    record bigint NOT NULL,
    column_name text,
    value text,
    reason text NOT NULL,
    sqlstate text,
    raw bytea NOT NULL,
    refused boolean NOT NULL DEFAULT false,
    run_id text NOT NULL,
    quarantined_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    retried_at timestamptz
);

CREATE INDEX IF NOT EXISTS quarantine_by_table_hour
ON lake_assets.quarantine (source, table_name, hour, key, record);

COMMENT ON COLUMN lake_assets.quarantine.refused IS
'true: the load these records came with was refused as a whole, so main does not stand on it';
