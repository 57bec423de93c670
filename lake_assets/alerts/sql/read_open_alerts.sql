-- Read the alerts whose cause lasts, oldest first.
SELECT id, kind, source, cause AS gist, opened_at, told_at, told_hours, whole, members, told
FROM lake_assets.alerts
WHERE closed_at IS NULL
ORDER BY id
