-- Read the table-hours that need attention, those of one table that have one cause as one row.
-- Missing hours belong together until an hour in which files came; quarantined ones until a day without any; failed
-- and differing ones by their reason, and by its words where these are somebody else's. Hours whose files have
-- vanished while their rows stay are a kind of their own.
WITH wanted AS (
    SELECT
        source, table_name, state, hour, records, loaded, quarantined, reason, evidence,
        CASE
            WHEN state <> 'stale' THEN state
            WHEN reason = ANY (%(held)s::text[]) THEN 'vanished'
            WHEN reason = 'columns_not_loaded' THEN 'unloaded_column'
            ELSE state
        END AS kind,
        CASE
            WHEN reason IS NULL OR NOT (state = ANY (%(parted_by_reason)s::text[])) THEN NULL
            WHEN reason = ANY (%(foreign_words)s::text[]) THEN evidence -> 0
            ELSE jsonb_build_object('code', reason)
        END AS fact,
        lag(hour) OVER (PARTITION BY source, table_name, state ORDER BY hour) AS before
    FROM lake_assets.table_hours
    WHERE
        state = ANY (%(need_attention)s::text[])
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
                        between_them.source = wanted.source
                        AND between_them.table_name = wanted.table_name
                        AND between_them.hour > wanted.before
                        AND between_them.hour < wanted.hour
                        AND NOT (between_them.state = ANY (%(without_files)s::text[]))
                )
            WHEN 'quarantined' THEN before < hour - interval '24 hours'
            ELSE false
        END AS begins
    FROM wanted
),

parted AS (
    SELECT
        *,
        count(*) FILTER (WHERE begins) OVER in_order AS stretch,
        coalesce(lead(begins) OVER in_order, true) AS is_newest
    FROM begun
    WINDOW in_order AS (PARTITION BY source, table_name, kind, fact ORDER BY hour)
)

SELECT
    kind,
    source,
    table_name,
    fact,
    min(hour) AS first,
    max(hour) AS last,
    count(*) AS hours,
    sum(records)::bigint AS records,
    sum(loaded)::bigint AS loaded,
    sum(quarantined)::bigint AS quarantined,
    array_agg(DISTINCT reason) FILTER (WHERE reason IS NOT NULL) AS codes,
    -- Of the newest hour alone: evidence may be long, and that of the others is not told.
    (array_agg(evidence) FILTER (WHERE is_newest))[1] AS evidence
FROM parted
GROUP BY source, table_name, kind, fact, stretch
ORDER BY source, table_name, kind, first
