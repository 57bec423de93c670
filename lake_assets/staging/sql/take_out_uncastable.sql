-- Take the records of a file that cannot become rows of main out of staging, and name them.
DELETE FROM lake_assets_staging
WHERE _lake_file = %(ordinal)s AND NOT ({castable})
RETURNING _lake_record
