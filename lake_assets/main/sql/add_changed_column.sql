-- Give what a transform gave one more column.
ALTER TABLE lake_assets_changed ADD COLUMN {column} text
