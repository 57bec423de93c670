-- Take one record out of staging.
DELETE FROM lake_assets_staging WHERE _lake_file = %(ordinal)s AND _lake_record = %(record)s
