-- Put a record that was mended back into its place.
INSERT INTO lake_assets_staging (_lake_file, _lake_record, _lake_op, {columns})
OVERRIDING SYSTEM VALUE
SELECT %(file)s, %(record)s, %(op)s, {values}
FROM (VALUES (%(given)b::text[])) AS record (given)
