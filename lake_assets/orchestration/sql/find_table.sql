-- Find the schema in which a path of schemas finds a table.
SELECT path.name
FROM unnest(%(schemas)s::text[]) WITH ORDINALITY AS path (name, place)
INNER JOIN pg_namespace AS namespace ON namespace.nspname = path.name
INNER JOIN pg_class AS relation ON relation.relnamespace = namespace.oid AND relation.relname = %(table_name)s
ORDER BY path.place
LIMIT 1
