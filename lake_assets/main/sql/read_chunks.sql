-- Read the staged records of one file as they would go into main.
SELECT _lake_record, {values}
FROM {source}
WHERE _lake_file = %(ordinal)s
ORDER BY _lake_record
