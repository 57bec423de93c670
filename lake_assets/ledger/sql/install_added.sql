-- Give the ledger a place for rows that a transform adds; safe to run again.
ALTER TABLE lake_assets.files ADD COLUMN IF NOT EXISTS added bigint NOT NULL DEFAULT 0;
ALTER TABLE lake_assets.table_hours ADD COLUMN IF NOT EXISTS added bigint NOT NULL DEFAULT 0;

COMMENT ON COLUMN lake_assets.files.added IS
'rows of main beyond one for each loaded record: those that a transform added';
