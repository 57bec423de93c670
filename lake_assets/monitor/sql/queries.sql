-- name: forget_sweeps
-- Forget when the judge last looked at all of any table.
DELETE FROM lake_assets.sweeps

-- name: last_sweep
-- Tell when all hours of a table were last looked at.
SELECT swept_at FROM lake_assets.sweeps WHERE source = %(source)s AND table_name = %(table_name)s

-- name: newest_change
-- Tell when a state of a recent hour, or a finding, last changed.
SELECT greatest(
    (SELECT max(updated_at) FROM lake_assets.table_hours WHERE hour > clock_timestamp() - interval '73 hours'),
    (SELECT max(greatest(found_at, gone_at)) FROM lake_assets.findings)
)

-- name: newest_files
-- Give the newest hour with files of each table of a source.
SELECT table_name, max(hour)
FROM lake_assets.table_hours
WHERE source = %(source)s AND files > 0
GROUP BY table_name

-- name: note_sweeps
-- Write down that all hours of some tables were looked at.
INSERT INTO lake_assets.sweeps (source, table_name, swept_at)
SELECT %(source)s, swept.table_name, %(now)s
FROM unnest(%(tables)s::text[]) AS swept (table_name)
ON CONFLICT (source, table_name) DO UPDATE SET swept_at = excluded.swept_at

-- name: read_findings
-- Read the open findings, oldest first.
SELECT kind, source, table_name, hour, subject, evidence, found_at
FROM lake_assets.findings
WHERE gone_at IS NULL
ORDER BY found_at, id

-- name: read_grid
-- Read the states of the newest hours of every table.
SELECT source, table_name, hour, state
FROM lake_assets.table_hours
WHERE hour >= %(first)s AND hour < %(end)s

-- name: tables_with_held_hours
-- Name the tables of a source of which files have vanished while their rows stay.
SELECT DISTINCT table_name
FROM lake_assets.table_hours
WHERE source = %(source)s AND state = 'stale' AND reason = ANY (%(held)s::text[])

-- name: read_sweeps
-- Tell when all hours of each table of a source were last looked at.
SELECT table_name, swept_at FROM lake_assets.sweeps WHERE source = %(source)s
