-- Create the temporary table of this load; the identity column numbers the records of a file.
CREATE TEMPORARY TABLE lake_assets_staging (
    _lake_file integer,
    _lake_record bigint GENERATED ALWAYS AS IDENTITY (CACHE 1000),
    _lake_op text,
    {columns}
) ON COMMIT DROP
