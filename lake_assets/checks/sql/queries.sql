-- name: create_expected
-- Create the passing table of the rows that main should have of some files, with main's types and nothing else of it.
CREATE TEMPORARY TABLE {expected} ON COMMIT DROP AS SELECT * FROM {main} WITH NO DATA

-- name: drop_changed
-- Forget what a transform gave, so that it can be asked again.
DROP TABLE lake_assets_changed

-- name: number_rows
-- Tell the rows of one record apart where a transform makes several of it.
row_number() OVER (PARTITION BY _lake_file, _lake_record ORDER BY ROW({columns})::text COLLATE "C") AS _lake_place

-- name: read_at_one_moment
-- Let every statement of this transaction see the same moment, so that a load beside it is seen whole or not at all.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY
