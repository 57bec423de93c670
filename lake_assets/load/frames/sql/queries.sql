-- name: add_changed_column
-- Give what a transform gave one more column.
ALTER TABLE lake_assets_changed ADD COLUMN {column} text

-- name: copy_changed
-- Take what a transform gave for one chunk.
COPY lake_assets_changed ({columns}) FROM STDIN

-- name: copy_frame
-- Write the rows of a DataFrame.
COPY {table} ({columns}) FROM STDIN

-- name: create_changed
-- Create the temporary table of what a transform gave, as text until it is cast into main.
CREATE TEMPORARY TABLE lake_assets_changed (
    _lake_file integer NOT NULL,
    _lake_record bigint NOT NULL
) ON COMMIT DROP

-- name: create_frame_table
-- Create a table of DataFrames.
CREATE TABLE {table} ({columns})

-- name: create_slice_index
-- Index a new table of DataFrames by partition.
CREATE INDEX ON {table} ({column})

-- name: delete_slice
-- Take the rows of one partition out of a table of DataFrames.
DELETE FROM {table} WHERE {slice}

-- name: index_changed
-- Let the rows of single records be found without reading all that a transform gave.
CREATE INDEX IF NOT EXISTS lake_assets_changed_records ON lake_assets_changed (_lake_file, _lake_record)

-- name: lock_writers
-- Wait for the writers of a table, and keep others from writing until this transaction ends; readers go on.
LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE

-- name: read_chunks
-- Read the staged records of one file as they would go into main.
SELECT _lake_record, {values}
FROM {source}
WHERE _lake_file = %(ordinal)s
ORDER BY _lake_record

-- name: select_slice
-- Read the rows of one partition, of several, or of all.
SELECT {columns} FROM {table} WHERE {slice}
