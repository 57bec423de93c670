-- Take the records that cannot become rows of main out of staging, and name them as stretches of their numbers.
WITH uncastable AS (
    DELETE FROM lake_assets_staging
    WHERE {within} AND NOT ({castable})
    RETURNING _lake_file, _lake_record
),

numbered AS (
    SELECT
        _lake_file,
        _lake_record,
        _lake_record - row_number() OVER (PARTITION BY _lake_file ORDER BY _lake_record) AS stretch
    FROM uncastable
)

SELECT _lake_file, min(_lake_record), max(_lake_record)
FROM numbered
GROUP BY _lake_file, stretch
