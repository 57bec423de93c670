-- Find the hours whose records are far from those of the same hour of past weeks.
WITH recent AS (
    SELECT table_name, hour, records
    FROM lake_assets.table_hours
    WHERE
        source = %(source)s AND hour >= %(first)s AND hour < %(end)s
        AND files > 0 AND state = ANY (%(with_rows)s::text[])
),

past AS (
    SELECT recent.table_name, recent.hour, recent.records, known.records AS before
    FROM recent
    CROSS JOIN generate_series(1, %(weeks)s) AS ago (weeks)
    JOIN lake_assets.table_hours AS known
        ON
            known.source = %(source)s
            AND known.table_name = recent.table_name
            AND known.hour = recent.hour - ago.weeks * interval '7 days'
    WHERE known.files > 0 AND known.state = ANY (%(with_rows)s::text[])
),

middle AS (
    SELECT
        table_name, hour, records, count(*) AS weeks,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY before) AS median,
        array_agg(before) AS befores
    FROM past
    GROUP BY table_name, hour, records
    HAVING count(*) >= %(fewest)s
)

SELECT table_name, hour, records, weeks, median
FROM middle
CROSS JOIN LATERAL (
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(before - median)) AS deviation
    FROM unnest(befores) AS one (before)
) AS spread
WHERE
    abs(records - median)
    > greatest(%(least)s, %(deviations)s * deviation, %(share)s * median)
ORDER BY hour, table_name
