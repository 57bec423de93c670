-- name: add_column
-- Add a column to a main table.
ALTER TABLE {main} ADD COLUMN IF NOT EXISTS {column} {type}

-- name: count_elements
-- Count the elements of the arrays that become rows of a child table, by the number of the file.
SELECT (%(ids)s::bigint[])[_lake_file], sum(jsonb_array_length({array}))::bigint
FROM {source}
GROUP BY 1

-- name: count_hour
-- Count one hour's rows of main, for each file.
SELECT _lake_file, count(*)
FROM {main}
WHERE _lake_hour = %(hour)s
GROUP BY _lake_file

-- name: count_hours
-- Count the rows of main, for each file of a range of hours.
SELECT _lake_hour, _lake_file, count(*)
FROM {main}
WHERE _lake_hour >= %(first)s AND _lake_hour < %(end)s
GROUP BY _lake_hour, _lake_file

-- name: create_hour_index
-- Index a main table by hour, under a name of PostgreSQL's choice.
CREATE INDEX ON {main} USING brin (_lake_hour) WITH (pages_per_range = 32, autosummarize = on)

-- name: create_schema
-- Create a schema of the warehouse.
CREATE SCHEMA IF NOT EXISTS {schema}

-- name: declare_columns
-- Let the server read the catalog's types, so that they can be compared with those of main.
CREATE TEMPORARY TABLE lake_assets_declared ({columns}) ON COMMIT DROP

-- name: delete_rows
-- Take rows out of main: of an hour, or of all hours up to it; of one file, or of all but those that are kept.
DELETE FROM {main}
WHERE
    _lake_hour {which} %(hour)s AND NOT (_lake_file = ANY (%(kept)s::bigint[]))
    AND _lake_file = coalesce(%(file_id)s::bigint, _lake_file)

-- name: find_types
-- Find in which schema each type is that a path of schemas reaches; words that name a type by themselves are none.
SELECT DISTINCT ON (asked.name, asked.is_quoted)
    asked.name, asked.is_quoted, path.name, quote_ident(path.name) || '.' || quote_ident(asked.name)
FROM unnest(%(names)s::text[], %(quoted)s::boolean[]) AS asked (name, is_quoted)
CROSS JOIN unnest(%(schemas)s::text[]) WITH ORDINALITY AS path (name, place)
INNER JOIN pg_namespace AS namespace ON namespace.nspname = path.name
INNER JOIN pg_type AS type ON type.typnamespace = namespace.oid AND type.typname = asked.name
WHERE asked.is_quoted OR asked.name NOT IN (SELECT word FROM pg_get_keywords() WHERE catcode IN ('C', 'R'))
ORDER BY asked.name, asked.is_quoted, path.place

-- name: has_rows
-- Tell whether main has rows of those that `delete_rows` takes out.
SELECT EXISTS (
    SELECT
    FROM {main}
    WHERE
        _lake_hour {which} %(hour)s AND NOT (_lake_file = ANY (%(kept)s::bigint[]))
        AND _lake_file = coalesce(%(file_id)s::bigint, _lake_file)
)

-- name: insert_hour
-- Move the staged records of one hour into main; files are numbered within the load, and have ids in the ledger.
INSERT INTO {main} ({columns}, _lake_hour, _lake_file, _lake_record)
SELECT {values}, %(hour)s, (%(ids)s::bigint[])[_lake_file], _lake_record
FROM {source}
WHERE {within}

-- name: list_columns
-- List the columns of a table with their types.
SELECT attname, format_type(atttypid, atttypmod)
FROM pg_attribute
WHERE attrelid = %(table)s::regclass AND attnum > 0 AND NOT attisdropped
ORDER BY attnum

-- name: known_types
-- Tell which types are there, in the order in which they are asked for.
SELECT to_regtype(asked.type) IS NOT NULL
FROM unnest(%(types)s::text[]) WITH ORDINALITY AS asked (type, place)
ORDER BY asked.place

-- name: list_records
-- List the records of a file that have a row in main.
SELECT DISTINCT _lake_record
FROM {main}
WHERE _lake_hour = %(hour)s AND _lake_file = %(file_id)s AND _lake_record > 0
ORDER BY _lake_record

-- name: sample_hour
-- Show the beginnings of a few rows of one hour, as text: Python cannot hold every value, nor need it the whole.
SELECT {columns}
FROM {main}
WHERE _lake_hour = %(hour)s
LIMIT %(rows)s

-- name: schema_exists
-- Tell whether a schema is there.
SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = %(schema)s)

-- name: settle_deferred
-- Let triggers run now that would wait for the end of the transaction.
SET CONSTRAINTS ALL IMMEDIATE

-- name: table_exists
-- Tell whether a relation is there.
SELECT to_regclass(%(main)s) IS NOT NULL
