-- Create the ledger of child tables: how many rows each file's documents gave each of them; safe to run again.
CREATE TABLE IF NOT EXISTS lake_assets.child_files (
    file_id bigint NOT NULL REFERENCES lake_assets.files (id) ON DELETE CASCADE,
    child text NOT NULL,
    rows bigint NOT NULL,
    PRIMARY KEY (file_id, child)
);

COMMENT ON TABLE lake_assets.child_files IS
'rows of each child table by file of the parent, as counted in the documents';
