-- name: begin_file
-- Number the records that follow as those of one file, from 1.
ALTER TABLE lake_assets_staging
ALTER COLUMN _lake_file SET DEFAULT {ordinal},
ALTER COLUMN _lake_record RESTART

-- name: clear_document_rejects
-- Forget the records that did not fit; they are set aside.
TRUNCATE lake_assets_document_rejects

-- name: copy_rejects
-- Set records aside that this load cannot take.
COPY lake_assets_rejects (key, record, raw, reason, column_name, value, sqlstate) FROM STDIN

-- name: copy_soft
-- Take records in; one with a value that is none of its column's type is left out, its number with it.
COPY lake_assets_staging ({columns}) FROM STDIN (
    FORMAT csv, DELIMITER {delimiter}, NULL {null}, QUOTE '"', ENCODING 'UTF8'{op},
    ON_ERROR ignore, LOG_VERBOSITY default
)

-- name: copy_text
-- Take records in as text (PostgreSQL 16, whose COPY cannot leave out a record).
COPY lake_assets_staging ({columns}) FROM STDIN (
    FORMAT csv, DELIMITER {delimiter}, NULL {null}, QUOTE '"', ENCODING 'UTF8'{op}
)

-- name: count_losses
-- Count, for each file, the values of which their types lose something.
SELECT _lake_file, {counts}
FROM {source}
WHERE _lake_file > 0
GROUP BY _lake_file
ORDER BY _lake_file

-- name: describe_types
-- Give nothing, in columns of types that the server then describes.
SELECT {nulls}
WHERE false

-- name: count_rejected_ops
-- Count the records that are set aside for one of these letters of Op.
SELECT count(*) FROM lake_assets_rejects WHERE column_name = %(column)s AND value = ANY (%(ops)s)

-- name: explain_orphan
-- Say what is wrong with a row that belongs to no record of a file, if there is one.
SELECT place, message
FROM lake_assets_document_rejects
WHERE _lake_record = 0
LIMIT 1

-- name: find_losses
-- Tell which texts lose something when their columns' types read them.
SELECT judged.place, judged.loss
FROM (
    SELECT given.place, CASE given.chosen {cases} END AS loss
    FROM unnest(%(columns)s::integer[], %(values)b::text[]) WITH ORDINALITY AS given (chosen, value, place)
) AS judged
WHERE judged.loss IS NOT NULL

-- name: index_staging
-- Let single records of staging be found without reading all of it.
CREATE INDEX IF NOT EXISTS lake_assets_staging_records ON lake_assets_staging (_lake_file, _lake_record)

-- name: last_record
-- Tell how many records of the file COPY has read, those it left out included.
SELECT currval(pg_get_serial_sequence('lake_assets_staging', '_lake_record'))

-- name: number_document_rejects
-- Give the numbers of one file's records that do not fit.
SELECT DISTINCT _lake_record
FROM lake_assets_document_rejects
WHERE _lake_file = %(ordinal)s
ORDER BY _lake_record

-- name: number_next
-- Let the next record of the file have this number, or let it be the last that was given.
SELECT setval(pg_get_serial_sequence('lake_assets_staging', '_lake_record'), %(record)s, %(given)s)

-- name: open_documents
-- Take the values that the catalog names out of staged documents, each once.
SELECT staged.*, {nodes}
FROM {staged} AS staged
WHERE {within}
OFFSET 0

-- name: open_elements
-- Give every element of an array a row of its own, and take the values that the catalog names out of it.
SELECT opened.*, item.place - 1 AS {index}, {taken}
FROM {parents}
CROSS JOIN LATERAL jsonb_array_elements({array}) WITH ORDINALITY AS item ({element}, place)
OFFSET 0

-- name: read_documents
-- Read documents that are staged as text, each once.
SELECT staged.*, {documents}
FROM lake_assets_staging AS staged
WHERE {within}
OFFSET 0

-- name: read_document_rejects
-- Read the records of one file that do not fit; of each the first fault.
SELECT DISTINCT ON (_lake_record) _lake_record, place, indexes, found, value, message, sqlstate, loss
FROM lake_assets_document_rejects
WHERE _lake_file = %(ordinal)s
ORDER BY _lake_record, place

-- name: restage
-- Put a record that was mended back into its place.
INSERT INTO lake_assets_staging (_lake_file, _lake_record, _lake_op, {columns})
OVERRIDING SYSTEM VALUE
SELECT %(file)s, %(record)s, %(op)s, {values}
FROM (VALUES (%(given)b::text[])) AS record (given)

-- name: take_out_document_rejects
-- Take the records that do not fit out of staging.
DELETE FROM lake_assets_staging AS staged
USING lake_assets_document_rejects AS reject
WHERE staged._lake_file = reject._lake_file AND staged._lake_record = reject._lake_record

-- name: take_out_records
-- Take single records of one file out of staging, and name those that were there.
DELETE FROM lake_assets_staging
WHERE _lake_file = %(ordinal)s AND _lake_record = ANY (%(records)s::bigint[])
RETURNING _lake_record
