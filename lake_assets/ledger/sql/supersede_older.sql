-- Count what older snapshots had loaded as superseded: a newer one is the table now. Why an hour is in need stays.
WITH taken AS (
    UPDATE lake_assets.files
    SET superseded = superseded + loaded, loaded = 0, added = 0
    WHERE
        source = %(source)s AND table_name = %(table_name)s AND hour < %(hour)s
        AND (loaded > 0 OR added > 0)
    RETURNING hour
)

UPDATE lake_assets.table_hours
SET
    superseded = superseded + loaded,
    loaded = 0,
    added = 0,
    note = CASE WHEN state IN ('loaded', 'quarantined') THEN %(note)s ELSE note END,
    updated_at = clock_timestamp()
WHERE
    source = %(source)s AND table_name = %(table_name)s
    AND hour IN (SELECT taken.hour FROM taken)
