-- Read the open findings, oldest first.
SELECT kind, source, table_name, hour, subject, note, found_at
FROM lake_assets.findings
WHERE gone_at IS NULL
ORDER BY found_at, id
