-- Take single records of one file out of staging.
DELETE FROM lake_assets_staging
WHERE _lake_file = %(ordinal)s AND _lake_record = ANY (%(records)s::bigint[])
