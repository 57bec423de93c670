-- Keep how the files are written that have quarantined records, and which columns most of their records broke.
-- Half a file's records, and two at least, must have a value that is none of the column's type.
WITH broken AS (
    SELECT
        reject.key,
        reject.column_name,
        count(*) AS records,
        (array_agg(reject.value ORDER BY reject.record))[1] AS first_value
    FROM lake_assets_rejects AS reject
    WHERE reject.column_name IS NOT NULL AND reject.sqlstate IS NOT NULL
    GROUP BY reject.key, reject.column_name
)

INSERT INTO lake_assets.quarantined_files (
    source, table_name, hour, key, refused, etag, records, encoding, beginning, retyped, run_id
)
SELECT
    %(source)s,
    %(table_name)s,
    %(hour)s,
    file.key,
    %(refused)s,
    file.etag,
    file.records,
    file.encoding,
    file.beginning,
    (
        SELECT
            jsonb_object_agg(
                broken.column_name,
                broken.records || ' of ' || file.records || ' records do not fit its type; the first value is '
                || quote_literal(left(broken.first_value, 60))
            )
        FROM broken
        WHERE broken.key = file.key AND broken.records >= 2 AND 2 * broken.records >= file.records
    ),
    %(run_id)s
FROM
    unnest(
        %(keys)s::text[], %(etags)s::text[], %(records)s::bigint[], %(encodings)s::text[], %(beginnings)s::bytea[]
    ) AS file (key, etag, records, encoding, beginning)
WHERE file.key IN (SELECT reject.key FROM lake_assets_rejects AS reject)
