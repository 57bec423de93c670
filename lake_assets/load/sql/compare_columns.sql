-- Compare the declared columns with those main has.
SELECT
    declared.attname,
    format_type(declared.atttypid, declared.atttypmod) AS declared_type,
    format_type(existing.atttypid, existing.atttypmod) AS existing_type
FROM pg_attribute AS declared
LEFT JOIN pg_attribute AS existing
    ON
        existing.attrelid = %(main)s::regclass
        AND existing.attname = declared.attname
        AND NOT existing.attisdropped
WHERE declared.attrelid = 'lake_assets_declared'::regclass AND declared.attnum > 0
ORDER BY declared.attnum
