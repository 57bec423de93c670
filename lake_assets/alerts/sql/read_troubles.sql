-- Read the table-hours that need attention, those of one table that have one cause as one row.
-- Missing hours belong together until an hour in which files came; quarantined ones until a day without any; failed
-- and differing ones by their note, figures and names in quotes left aside.
WITH troubled AS (
    SELECT
        source, table_name, state, hour, records, loaded, quarantined, note, reason,
        CASE
            WHEN state IN ('failed', 'mismatch')
                THEN left(regexp_replace(note, '"[^"]*"|''[^'']*''|[^ ]*/[^ ]*|[0-9]+', '#', 'g'), 200)
        END AS gist,
        lag(hour) OVER (PARTITION BY source, table_name, state ORDER BY hour) AS before
    FROM lake_assets.table_hours
    WHERE
        state IN ('missing', 'failed', 'mismatch', 'stale', 'quarantined')
        AND (state <> 'quarantined' OR quarantined > %(limit)s)
        AND source || '.' || table_name = ANY (%(tables)s)
),

begun AS (
    SELECT
        *,
        CASE state
            WHEN 'missing'
                THEN before < hour - interval '1 hour' AND EXISTS (
                    SELECT FROM lake_assets.table_hours AS between_them
                    WHERE
                        between_them.source = troubled.source
                        AND between_them.table_name = troubled.table_name
                        AND between_them.hour > troubled.before
                        AND between_them.hour < troubled.hour
                        AND between_them.state NOT IN ('missing', 'quiet', 'expected', 'waived')
                )
            WHEN 'quarantined' THEN before < hour - interval '24 hours'
            ELSE false
        END AS begins
    FROM troubled
),

parted AS (
    SELECT
        *,
        count(*) FILTER (WHERE begins) OVER (
            PARTITION BY source, table_name, state, gist ORDER BY hour
        ) AS stretch
    FROM begun
)

SELECT
    state AS kind,
    source,
    table_name,
    coalesce(gist, '') AS gist,
    min(hour) AS first,
    max(hour) AS last,
    count(*) AS hours,
    sum(records)::bigint AS records,
    sum(loaded)::bigint AS loaded,
    sum(quarantined)::bigint AS quarantined,
    coalesce((array_agg(note ORDER BY hour DESC))[1], '') AS reason,
    coalesce(bool_and(reason = 'file_removed'), false) AS removed
FROM parted
GROUP BY source, table_name, state, gist, stretch
ORDER BY source, table_name, state, first
