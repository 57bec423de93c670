-- Count the elements of the arrays that become rows of a child table, by the number of the file.
SELECT (%(ids)s::bigint[])[_lake_file], sum(jsonb_array_length({array}))::bigint
FROM {source}
GROUP BY 1
