-- Compare the rows that main has of some files with those that it should have; of each file that differs, say how.
-- Rows are compared as they are stored, which is fast and knows every type; of those that differ so, cells as text.
SELECT
    coalesce(expected._lake_file, found._lake_file),
    count(*) FILTER (WHERE found._lake_file IS NULL) AS lacking,
    count(*) FILTER (WHERE expected._lake_file IS NULL) AS unknown,
    count(*) FILTER (WHERE {differs}),
    ARRAY[{counts}]::bigint[],
    (array_agg(expected._lake_record ORDER BY expected._lake_record) FILTER (WHERE {differs}))[1:%(named)s]
FROM (SELECT {columns} FROM {expected}) AS expected
FULL JOIN (
    SELECT {columns}
    FROM {main}
    WHERE _lake_hour = %(hour)s AND _lake_file = ANY (%(ids)s::bigint[])
) AS found USING ({key})
WHERE (expected *<> found) IS NOT FALSE
GROUP BY 1
ORDER BY 1
