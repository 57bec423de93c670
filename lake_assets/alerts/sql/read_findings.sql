-- Read the open findings, oldest hour of each subject first.
SELECT kind, source, table_name, hour, subject, note
FROM lake_assets.findings
WHERE gone_at IS NULL
ORDER BY source, kind, table_name, subject, hour NULLS FIRST
