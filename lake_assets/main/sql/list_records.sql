-- List the records of a file that have a row in main.
SELECT DISTINCT _lake_record
FROM {main}
WHERE _lake_hour = %(hour)s AND _lake_file = %(file_id)s AND _lake_record > 0
ORDER BY _lake_record
