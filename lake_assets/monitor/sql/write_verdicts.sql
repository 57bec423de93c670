-- Write down the states of table-hours, but of those that somebody wrote since they were read.
INSERT INTO lake_assets.table_hours AS known (source, table_name, hour, state, run_id, updated_at, note)
SELECT
    %(source)s, judged.table_name, judged.hour, judged.state, '',
    coalesce(judged.seen, clock_timestamp()), judged.note
FROM unnest(
    %(tables)s::text[], %(hours)s::timestamptz[], %(states)s::text[], %(seen)s::timestamptz[], %(notes)s::text[]
) AS judged (table_name, hour, state, seen, note)
ON CONFLICT (source, table_name, hour) DO UPDATE
SET state = excluded.state, note = excluded.note, updated_at = clock_timestamp()
WHERE known.updated_at = excluded.updated_at
RETURNING table_name, hour
