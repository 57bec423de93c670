-- Create the temporary table of the records this load cannot take.
CREATE TEMPORARY TABLE lake_assets_rejects (
    key text NOT NULL,
    record bigint NOT NULL,
    raw bytea NOT NULL,
    reason text NOT NULL,
    column_name text,
    value text,
    sqlstate text
) ON COMMIT DROP
