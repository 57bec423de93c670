-- Keep the records that this load could not take.
INSERT INTO lake_assets.quarantine (
    source, table_name, hour, key, record, column_name, value, reason, sqlstate, raw, refused, run_id
)
SELECT
    %(source)s, %(table_name)s, %(hour)s, key, record, column_name, value, reason, sqlstate, raw,
    %(refused)s, %(run_id)s
FROM lake_assets_rejects
ORDER BY key, record
