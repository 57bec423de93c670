-- Read the hours with files, and how many records these have, of the tables that had an empty one lately.
SELECT known.table_name, known.hour, known.records, known.state = 'waived' AS is_accepted
FROM lake_assets.table_hours AS known
WHERE
    known.source = %(source)s AND known.table_name = ANY (%(tables)s::text[])
    AND known.hour >= %(past)s AND known.hour < %(end)s
    AND known.files > 0 AND known.state = ANY (%(settled)s::text[])
    AND EXISTS (
        SELECT
        FROM lake_assets.table_hours AS empty
        WHERE
            empty.source = known.source AND empty.table_name = known.table_name
            AND empty.hour >= %(first)s AND empty.hour < %(end)s
            AND empty.files > 0 AND empty.records = 0
    )
ORDER BY known.table_name, known.hour
