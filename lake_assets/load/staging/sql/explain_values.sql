-- Ask PostgreSQL why values are none of their types: the first column of each record that is at fault.
-- The message repeats the value, which may be of any length and is kept beside it. Bound as it is (b), a value of
-- that length need not be escaped.
SELECT DISTINCT ON (given.record) given.record, given.ordinal, left(fault.message, 1000), fault.sql_error_code
FROM
    unnest(%(records)s::bigint[], %(ordinals)s::integer[], %(types)s::text[], %(values)b::text[])
    AS given (record, ordinal, type, value)
CROSS JOIN LATERAL pg_input_error_info(given.value, given.type) AS fault
WHERE fault.message IS NOT NULL
ORDER BY given.record, given.ordinal
