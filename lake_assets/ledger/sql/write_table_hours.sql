-- Write down the states of table-hours, each with the counts of its files.
-- Unless all is to be overwritten, an hour that somebody has written since it was seen is left as it is.
INSERT INTO lake_assets.table_hours AS known (
    source, table_name, hour, state, reason, evidence, note, files, records, loaded, quarantined, superseded, filtered,
    added, run_id, updated_at
)
SELECT
    judged.source,
    judged.table_name,
    judged.hour,
    judged.state,
    judged.reason,
    judged.evidence,
    judged.note,
    counted.files,
    counted.records,
    counted.loaded,
    counted.quarantined,
    counted.superseded,
    counted.filtered,
    counted.added,
    coalesce(%(run_id)s, ''),
    coalesce(judged.seen, clock_timestamp())
FROM
    unnest(
        %(sources)s::text[], %(tables)s::text[], %(hours)s::timestamptz[], %(states)s::text[], %(reasons)s::text[],
        %(evidences)s::jsonb[], %(notes)s::text[], %(seen)s::timestamptz[]
    ) AS judged (source, table_name, hour, state, reason, evidence, note, seen)
CROSS JOIN LATERAL (
    SELECT
        count(*) AS files,
        coalesce(sum(file.records), 0) AS records,
        coalesce(sum(file.loaded), 0) AS loaded,
        coalesce(sum(file.quarantined), 0) AS quarantined,
        coalesce(sum(file.superseded), 0) AS superseded,
        coalesce(sum(file.filtered), 0) AS filtered,
        coalesce(sum(file.added), 0) AS added
    FROM lake_assets.files AS file
    WHERE file.source = judged.source AND file.table_name = judged.table_name AND file.hour = judged.hour
) AS counted
ON CONFLICT (source, table_name, hour) DO UPDATE
SET
    state = excluded.state,
    reason = excluded.reason,
    evidence = excluded.evidence,
    note = excluded.note,
    files = excluded.files,
    records = excluded.records,
    loaded = excluded.loaded,
    quarantined = excluded.quarantined,
    superseded = excluded.superseded,
    filtered = excluded.filtered,
    added = excluded.added,
    run_id = coalesce(%(run_id)s, known.run_id),
    updated_at = clock_timestamp()
WHERE %(overwrite)s OR known.updated_at = excluded.updated_at
RETURNING source, table_name, hour
