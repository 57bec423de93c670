-- Name the tables of which a run has settled hours of a range, or something else has loaded them since.
SELECT DISTINCT source || '.' || table_name AS name
FROM lake_assets.table_hours
INNER JOIN unnest(%(sources)s::text[], %(tables)s::text[]) AS wanted (source, table_name)
    USING (source, table_name)
WHERE
    hour >= %(first)s AND hour <= %(last)s
    AND (
        run_id = %(run_id)s
        OR (updated_at > %(ended_at)s AND state = ANY (%(settled)s::text[]))
    )
