-- Make the record of every table-hour that a person has accepted; a row stays when the hour is loaded after all.
CREATE TABLE IF NOT EXISTS lake_assets.waivers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    table_name text NOT NULL,
    hour timestamptz NOT NULL,
    state text NOT NULL,
    reason text,
    why text NOT NULL,
    who text NOT NULL,
    files jsonb NOT NULL,
    waived_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX IF NOT EXISTS waivers_by_table_hour ON lake_assets.waivers (source, table_name, hour, id);

COMMENT ON TABLE lake_assets.waivers IS
'who has accepted which table-hour, and why; it holds for as long as the state of the table-hour is waived';

COMMENT ON COLUMN lake_assets.waivers.state IS 'what the hour was when it was waived: missing or failed';

COMMENT ON COLUMN lake_assets.waivers.files IS
'the files the lake had then for the hour, key to etag; the waiver ends when they change';
