-- Read the records of one file that do not fit; of each the first fault.
SELECT DISTINCT ON (_lake_record) _lake_record, place, indexes, found, value, message, sqlstate
FROM lake_assets_misfits
WHERE _lake_file = %(ordinal)s
ORDER BY _lake_record, place
