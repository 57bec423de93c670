-- Name the tables of the warehouse that are ours by their columns: main tables and child tables.
SELECT namespace.nspname, main.relname
FROM pg_class AS main
INNER JOIN pg_namespace AS namespace ON namespace.oid = main.relnamespace
INNER JOIN pg_attribute AS ours ON ours.attrelid = main.oid AND ours.attname = ANY (%(columns)s)
WHERE main.relkind IN ('r', 'p') AND NOT ours.attisdropped
GROUP BY namespace.nspname, main.relname
HAVING count(*) = cardinality(%(columns)s::text[])
ORDER BY namespace.nspname, main.relname
