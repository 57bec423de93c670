-- Number the records that follow as those of one file, from 1.
ALTER TABLE lake_assets_staging
ALTER COLUMN _lake_file SET DEFAULT {ordinal},
ALTER COLUMN _lake_record RESTART
