-- Write down the state of a table-hour, with the counts of its files.
INSERT INTO lake_assets.table_hours AS known (
    source, table_name, hour, state, files, records, loaded, quarantined, superseded, filtered, added, run_id, note
)
SELECT
    %(source)s,
    %(table_name)s,
    %(hour)s,
    %(state)s,
    count(*),
    coalesce(sum(records), 0),
    coalesce(sum(loaded), 0),
    coalesce(sum(quarantined), 0),
    coalesce(sum(superseded), 0),
    coalesce(sum(filtered), 0),
    coalesce(sum(added), 0),
    %(run_id)s,
    %(note)s
FROM lake_assets.files
WHERE source = %(source)s AND table_name = %(table_name)s AND hour = %(hour)s
ON CONFLICT (source, table_name, hour) DO UPDATE
SET
    state = excluded.state,
    files = excluded.files,
    records = excluded.records,
    loaded = excluded.loaded,
    quarantined = excluded.quarantined,
    superseded = excluded.superseded,
    filtered = excluded.filtered,
    added = excluded.added,
    run_id = excluded.run_id,
    updated_at = clock_timestamp(),
    note = excluded.note
