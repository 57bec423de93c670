-- Say of table-hours in how many of the last weeks the same hour of the week was judged, and had files.
SELECT asked.table_name, asked.hour, count(*) FILTER (WHERE known.files > 0), count(*)
FROM unnest(%(tables)s::text[], %(hours)s::timestamptz[]) AS asked (table_name, hour)
CROSS JOIN generate_series(1, %(weeks)s) AS ago (weeks)
JOIN lake_assets.table_hours AS known
    ON
        known.source = %(source)s
        AND known.table_name = asked.table_name
        AND known.hour = asked.hour - ago.weeks * interval '7 days'
GROUP BY asked.table_name, asked.hour
