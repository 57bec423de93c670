-- Show a few rows of one hour.
SELECT {columns}
FROM {main}
WHERE _lake_hour = %(hour)s
LIMIT %(rows)s
