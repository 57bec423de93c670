-- Count the table-hours of all time that need attention, by state; of tables that the catalog has.
SELECT state, count(*)
FROM lake_assets.table_hours
WHERE
    state = ANY (%(states)s::text[])
    AND source || '.' || table_name = ANY (%(tables)s)
GROUP BY state
