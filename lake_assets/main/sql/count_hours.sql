-- Count the rows of main, for each file of a range of hours.
SELECT _lake_hour, _lake_file, count(*)
FROM {main}
WHERE _lake_hour >= %(first)s AND _lake_hour < %(end)s
GROUP BY _lake_hour, _lake_file
