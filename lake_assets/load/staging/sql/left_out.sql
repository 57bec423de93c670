-- Find the records that COPY has left out of files, as stretches of their numbers; those set aside are known.
-- A number one past each file's last record makes a gap at the file's end like all others.
SELECT _lake_file, previous + 1, _lake_record - 1
FROM (
    SELECT
        _lake_file,
        _lake_record,
        lag(_lake_record, 1, 0::bigint) OVER (PARTITION BY _lake_file ORDER BY _lake_record) AS previous
    FROM (
        SELECT _lake_file, _lake_record
        FROM lake_assets_staging
        WHERE _lake_file = ANY (%(ordinals)s::integer[])
        UNION ALL
        SELECT file.ordinal, reject.record
        FROM
            lake_assets_rejects AS reject,
            unnest(%(ordinals)s::integer[], %(keys)s::text[]) AS file (ordinal, key)
        WHERE file.key = reject.key
        UNION ALL
        SELECT ordinal, records + 1
        FROM unnest(%(ordinals)s::integer[], %(records)s::bigint[]) AS file (ordinal, records)
    ) AS numbers
) AS neighbours
WHERE _lake_record > previous + 1
