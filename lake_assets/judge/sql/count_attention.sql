-- Count the table-hours of all time that need attention, by state.
SELECT state, count(*)
FROM lake_assets.table_hours
WHERE state IN ('missing', 'failed', 'mismatch', 'stale', 'quarantined')
GROUP BY state
