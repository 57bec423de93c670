-- Show the beginnings of a few rows of one hour, as text: Python cannot hold every value, nor need it the whole.
SELECT {columns}
FROM {main}
WHERE _lake_hour = %(hour)s
LIMIT %(rows)s
