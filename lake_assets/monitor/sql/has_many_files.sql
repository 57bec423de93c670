-- Tell whether a table has more files in the ledger than can be listed in a moment.
SELECT count(*) > %(most)s
FROM (
    SELECT 1
    FROM lake_assets.files
    WHERE source = %(source)s AND table_name = %(table_name)s
    LIMIT %(most)s + 1
) AS known
