-- Take the placeholders of records that were never well-formed out of staging.
DELETE FROM lake_assets_staging
WHERE _lake_file = %(ordinal)s AND _lake_record = ANY (%(numbers)s::bigint[])
