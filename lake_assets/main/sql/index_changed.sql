-- Let the rows of single records be found without reading all that a transform gave.
CREATE INDEX IF NOT EXISTS lake_assets_changed_records ON lake_assets_changed (_lake_file, _lake_record)
