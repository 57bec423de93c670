-- Boil a table down to the number of its rows and a number that any other cell would change.
SELECT count(*), coalesce(sum(hashtextextended(row({columns})::text, 0)::numeric), 0)
FROM {table}
WHERE id::text <> ALL (%(left_out)s::text[])
