-- Give the numbers of one file's records that do not fit.
SELECT DISTINCT _lake_record
FROM lake_assets_misfits
WHERE _lake_file = %(ordinal)s
ORDER BY _lake_record
