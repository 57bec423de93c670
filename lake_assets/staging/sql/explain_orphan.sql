-- Say what is wrong with a row that belongs to no record of a file, if there is one.
SELECT place, message
FROM lake_assets_misfits
WHERE _lake_record = 0
LIMIT 1
