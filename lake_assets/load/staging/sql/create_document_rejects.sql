-- Create the temporary table of records whose values cannot become those of main.
CREATE TEMPORARY TABLE IF NOT EXISTS lake_assets_document_rejects (
    _lake_file integer NOT NULL,
    _lake_record bigint NOT NULL,
    place integer NOT NULL,
    indexes bigint[] NOT NULL,
    found text,
    value text,
    message text,
    sqlstate text,
    loss text
) ON COMMIT DROP
