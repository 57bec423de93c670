-- List the columns of a table with their types.
SELECT attname, format_type(atttypid, atttypmod)
FROM pg_attribute
WHERE attrelid = %(table)s::regclass AND attnum > 0 AND NOT attisdropped
ORDER BY attnum
