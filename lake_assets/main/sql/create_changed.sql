-- Create the temporary table of what a transform gave, as text until it is cast into main.
CREATE TEMPORARY TABLE lake_assets_changed (
    _lake_file integer NOT NULL,
    _lake_record bigint NOT NULL
) ON COMMIT DROP
