-- Give staging a column that only a later file of the hour has.
ALTER TABLE lake_assets_staging ADD COLUMN {column}
