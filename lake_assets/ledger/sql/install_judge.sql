-- Create or complete what the judge keeps: findings, heartbeats, reloads, sweeps and DMS's own counts.
CREATE TABLE IF NOT EXISTS lake_assets.findings (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    source text NOT NULL,
    table_name text NOT NULL DEFAULT '',
    hour timestamptz,
    subject text NOT NULL DEFAULT '',
    note text NOT NULL,
    found_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    gone_at timestamptz
);

COMMENT ON TABLE lake_assets.findings IS
'what is odd and is no state of a table-hour; open while gone_at is null, and then there is one row of each';

CREATE UNIQUE INDEX IF NOT EXISTS one_open_finding
ON lake_assets.findings (source, kind, table_name, hour, subject) NULLS NOT DISTINCT
WHERE gone_at IS NULL;

CREATE TABLE IF NOT EXISTS lake_assets.heartbeats (
    name text PRIMARY KEY,
    beat_at timestamptz NOT NULL
);

CREATE TABLE IF NOT EXISTS lake_assets.reloads (
    source text NOT NULL,
    table_name text NOT NULL,
    hour timestamptz NOT NULL,
    manifest text NOT NULL,
    asked text,
    attempts integer NOT NULL DEFAULT 0,
    asked_at timestamptz,
    since timestamptz,
    changes integer NOT NULL DEFAULT 0,
    PRIMARY KEY (source, table_name, hour)
);

COMMENT ON COLUMN lake_assets.reloads.manifest IS
'digest of the table in the catalog and of the hour''s keys, etags and sizes, as the judge last saw them';

COMMENT ON COLUMN lake_assets.reloads.changes IS
'how many different manifests were asked for since `since`, which is at most a day ago';

CREATE TABLE IF NOT EXISTS lake_assets.sweeps (
    source text NOT NULL,
    table_name text NOT NULL,
    swept_at timestamptz NOT NULL,
    PRIMARY KEY (source, table_name)
);

CREATE TABLE IF NOT EXISTS lake_assets.dms_counts (
    task text NOT NULL,
    schema_name text NOT NULL,
    table_name text NOT NULL,
    taken_at timestamptz NOT NULL,
    started_at timestamptz,
    changes bigint NOT NULL,
    PRIMARY KEY (task, schema_name, table_name, taken_at)
);

CREATE INDEX IF NOT EXISTS table_hours_needing_attention
ON lake_assets.table_hours (source, table_name, hour)
WHERE state IN ('missing', 'failed', 'mismatch', 'stale', 'quarantined');
