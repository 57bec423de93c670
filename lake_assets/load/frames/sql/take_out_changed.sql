-- Take all rows of records that cannot be loaded out of what a transform gave, and count them by file.
WITH gone AS (
    DELETE FROM lake_assets_changed AS changed
    USING lake_assets_rejects AS reject, unnest(%(keys)s::text[]) WITH ORDINALITY AS file (key, ordinal)
    WHERE
        file.key = reject.key AND changed._lake_file = file.ordinal
        AND changed._lake_record = reject.record
    RETURNING changed._lake_file
)

SELECT _lake_file, count(*) FROM gone GROUP BY _lake_file
