-- Let single records of staging be found without reading all of it.
CREATE INDEX IF NOT EXISTS lake_assets_staging_records ON lake_assets_staging (_lake_file, _lake_record)
