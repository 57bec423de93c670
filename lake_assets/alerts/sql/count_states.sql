-- Count the states some table-hours are in now.
SELECT state, count(*) AS hours
FROM lake_assets.table_hours
INNER JOIN
    unnest(%(sources)s::text[], %(tables)s::text[], %(firsts)s::timestamptz[], %(lasts)s::timestamptz[])
        AS wanted (source, table_name, first, last)
    USING (source, table_name)
WHERE hour BETWEEN wanted.first AND wanted.last
GROUP BY state
ORDER BY hours DESC, state
