-- name: adopt_files
-- Write down what the files of a table were loaded with of which nobody has.
UPDATE lake_assets.files
SET column_set = %(column_set)s
WHERE source = %(source)s AND table_name = %(table_name)s AND column_set IS NULL

-- name: beat
-- Write down that something has run to its end.
INSERT INTO lake_assets.heartbeats (name, beat_at)
VALUES (%(name)s, %(now)s)
ON CONFLICT (name) DO UPDATE SET beat_at = excluded.beat_at

-- name: clear_quarantine
-- Forget the quarantined records of a table-hour; its load has found none. Those of files that are kept stay.
DELETE FROM lake_assets.quarantine
WHERE
    source = %(source)s AND table_name = %(table_name)s AND hour = %(hour)s
    AND NOT (key = ANY (%(kept)s::text[]))

-- name: clear_quarantined_files
-- Forget the files of a table-hour's quarantined records, or only those of refused loads; not those that are kept.
DELETE FROM lake_assets.quarantined_files
WHERE
    source = %(source)s AND table_name = %(table_name)s AND hour = %(hour)s
    AND (refused OR NOT %(refused)s) AND NOT (key = ANY (%(kept)s::text[]))

-- name: count_children
-- Write down how many rows a child table got from a file's documents.
INSERT INTO lake_assets.child_files (file_id, child, rows)
VALUES (%(file_id)s, %(child)s, %(rows)s)
ON CONFLICT (file_id, child) DO UPDATE
SET rows = excluded.rows

-- name: count_listed
-- Count the quarantined records of some tables in a range of hours.
SELECT count(*)
FROM lake_assets.quarantine
WHERE source || '.' || table_name = ANY (%(tables)s) AND hour >= %(first)s AND hour < %(end)s

-- name: create_migrations
-- Make the record of the migrations that were run.
CREATE TABLE IF NOT EXISTS lake_assets.migrations (
    number integer PRIMARY KEY,
    name text NOT NULL,
    run_at timestamptz NOT NULL DEFAULT clock_timestamp()
)

-- name: files_tried
-- Name the files, as they were then, that have quarantined records in a range of table-hours.
SELECT DISTINCT hour, key, etag
FROM lake_assets.quarantine
WHERE source = %(source)s AND table_name = %(table_name)s AND hour >= %(first)s AND hour < %(end)s

-- name: forget_old_signs
-- Forget the runs that were last heard of long ago.
DELETE FROM lake_assets.heartbeats
WHERE starts_with(name, 'run:') AND beat_at < clock_timestamp() - %(forgotten_after)s::interval

-- name: give_sign
-- Write down that a run lives.
INSERT INTO lake_assets.heartbeats (name, beat_at)
VALUES ('run:' || %(run_id)s::text, clock_timestamp())
ON CONFLICT (name) DO UPDATE SET beat_at = excluded.beat_at

-- name: forget_quarantined_file
-- Forget the quarantined records of one file.
WITH file AS (
    DELETE FROM lake_assets.quarantined_files
    WHERE source = %(source)s AND table_name = %(table_name)s AND hour = %(hour)s AND key = %(key)s
)

DELETE FROM lake_assets.quarantine
WHERE source = %(source)s AND table_name = %(table_name)s AND hour = %(hour)s AND key = %(key)s

-- name: has_loaded_file
-- Tell whether any of some objects is a file of a source that was loaded.
SELECT EXISTS (SELECT FROM lake_assets.files WHERE source = %(source)s AND key = ANY (%(keys)s::text[]))

-- name: find_column_set
-- Find the number of a set of columns.
SELECT id
FROM lake_assets.column_sets
WHERE source = %(source)s AND table_name = %(table_name)s AND md5(columns::text) = md5((%(columns)s::jsonb)::text)

-- name: find_given_columns
-- Find which columns a table of main was given with rows that it has now; the first such row settles a column.
SELECT asked.name
FROM unnest(%(columns)s::text[]) AS asked (name)
WHERE EXISTS (
    SELECT
    FROM {main} AS main
    INNER JOIN lake_assets.files AS file ON file.id = main._lake_file
    INNER JOIN lake_assets.column_sets AS known ON known.id = file.column_set
    WHERE
        file.source = %(source)s AND file.table_name = %(table_name)s
        AND (known.columns -> %(name)s) ? asked.name
)
ORDER BY asked.name

-- name: has_files_without_set
-- Tell whether a table has files of which nobody wrote down what they were loaded with.
SELECT EXISTS (
    SELECT
    FROM lake_assets.files
    WHERE source = %(source)s AND table_name = %(table_name)s AND column_set IS NULL
)

-- name: keep_column_set
-- Keep a set of columns, unless it is kept already.
INSERT INTO lake_assets.column_sets (source, table_name, columns)
VALUES (%(source)s, %(table_name)s, %(columns)s::jsonb)
ON CONFLICT DO NOTHING

-- name: last_beat
-- Tell when something last ran to its end.
SELECT beat_at FROM lake_assets.heartbeats WHERE name = %(name)s

-- name: lock
-- Wait for the right to change one thing (a table, or one hour of it) until this transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended(%(what)s, 0))

-- name: newest_headed_file
-- Find the newest CSV file of a table that had a header, and its columns.
SELECT key, dialect -> 'columns'
FROM lake_assets.files
WHERE
    source = %(source)s AND table_name = %(table_name)s
    AND (dialect ->> 'header') = 'true' AND coalesce(dialect ->> 'format', 'csv') = 'csv'
ORDER BY hour DESC, key DESC
LIMIT 1

-- name: newest_hour_with_files
-- Find the newest hour of a table that has files in the ledger, one hour left aside.
SELECT max(hour)
FROM lake_assets.files
WHERE source = %(source)s AND table_name = %(table_name)s AND hour IS DISTINCT FROM %(but)s

-- name: newest_migration
-- Give the number of the newest migration that was run; 0 for none.
SELECT coalesce(max(number), 0) FROM lake_assets.migrations

-- name: note_migration
-- Write down that a migration was run.
INSERT INTO lake_assets.migrations (number, name) VALUES (%(number)s, %(name)s)

-- name: quarantined_records
-- Read the numbers of a table-hour's records that are in quarantine, those of refused loads left aside.
SELECT key, array_agg(record)
FROM lake_assets.quarantine
WHERE source = %(source)s AND table_name = %(table_name)s AND hour = %(hour)s AND NOT refused
GROUP BY key

-- name: read_column_sets
-- Read the sets of columns that files of a table were loaded with.
SELECT id, columns
FROM lake_assets.column_sets
WHERE source = %(source)s AND table_name = %(table_name)s

-- name: read_hour
-- Read what is known of one table-hour.
SELECT
    hour, state, files, records, loaded, quarantined, superseded, filtered, added, run_id, updated_at, evidence, note
FROM lake_assets.table_hours
WHERE source = %(source)s AND table_name = %(table_name)s AND hour = %(hour)s

-- name: read_schema_changes
-- Read what a table-hour's files have otherwise than those before them.
SELECT key, change, column_name, detail
FROM lake_assets.schema_changes
WHERE source = %(source)s AND table_name = %(table_name)s AND hour = %(hour)s
ORDER BY key, change, column_name

-- name: read_signs
-- Tell of each run that gave a sign whether it was heard of lately, or is at work in a session.
SELECT
    substr(sign.name, 5),
    sign.beat_at > clock_timestamp() - %(silent_after)s::interval OR EXISTS (
        SELECT FROM pg_stat_activity AS session
        WHERE
            session.datname = current_database()
            AND session.application_name = %(application)s || ' ' || substr(sign.name, 5)
            AND session.state IS DISTINCT FROM 'idle'
    )
FROM lake_assets.heartbeats AS sign
WHERE starts_with(sign.name, 'run:')

-- name: read_waivers
-- Read the newest waiver of each table-hour of a range that has one.
SELECT DISTINCT ON (hour) hour, files
FROM lake_assets.waivers
WHERE source = %(source)s AND table_name = %(table_name)s AND hour >= %(first)s AND hour < %(end)s
ORDER BY hour, id DESC

-- name: supersede_files
-- Count what the files of older snapshots had loaded as superseded: a newer one is the table now. Name their hours.
UPDATE lake_assets.files
SET superseded = superseded + loaded, loaded = 0, added = 0
WHERE
    source = %(source)s AND table_name = %(table_name)s AND hour < %(hour)s
    AND (loaded > 0 OR added > 0)
RETURNING hour

-- name: table_exists
-- Tell whether a table of the ledger is there.
-- The catalogs are read as tables: to_regclass may not yet know what was committed while this session waited.
SELECT EXISTS (
    SELECT
    FROM pg_catalog.pg_class AS relation
    INNER JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = relation.relnamespace
    WHERE namespace.nspname = 'lake_assets' AND relation.relname = %(table_name)s
)

-- name: take_sign_back
-- Forget that a run gave a sign of life.
DELETE FROM lake_assets.heartbeats WHERE name = 'run:' || %(run_id)s::text

-- name: write_waivers
-- Write down who has accepted which table-hours, and why.
INSERT INTO lake_assets.waivers (source, table_name, hour, state, reason, why, who, files)
SELECT %(source)s, %(table_name)s, seen.hour, seen.state, seen.reason, %(why)s, %(who)s, seen.files
FROM
    unnest(%(hours)s::timestamptz[], %(states)s::text[], %(reasons)s::text[], %(files)s::jsonb[])
    AS seen (hour, state, reason, files)
