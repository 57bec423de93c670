-- List the columns of a table, or nothing where there is no such table.
SELECT attname
FROM pg_attribute
WHERE attrelid = to_regclass(%(table)s) AND attnum > 0 AND NOT attisdropped
