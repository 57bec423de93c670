-- Accept table-hours that are as they were seen, write down who did and why, and name those accepted.
WITH seen AS (
    SELECT *
    FROM
        unnest(
            %(hours)s::timestamptz[], %(states)s::text[], %(reasons)s::text[], %(files)s::jsonb[],
            %(known_since)s::timestamptz[]
        ) AS seen (hour, state, reason, files, known_since)
),

accepted AS (
    INSERT INTO lake_assets.table_hours AS known (source, table_name, hour, state, run_id, note)
    SELECT %(source)s, %(table_name)s, seen.hour, 'waived', '', %(note)s
    FROM seen
    ON CONFLICT (source, table_name, hour) DO UPDATE
    SET state = excluded.state, note = excluded.note, updated_at = clock_timestamp()
    WHERE known.updated_at = ANY (%(known_since)s::timestamptz[])
    RETURNING hour
)

INSERT INTO lake_assets.waivers (source, table_name, hour, state, reason, why, who, files)
SELECT %(source)s, %(table_name)s, seen.hour, seen.state, seen.reason, %(why)s, %(who)s, seen.files
FROM seen
INNER JOIN accepted USING (hour)
RETURNING hour
