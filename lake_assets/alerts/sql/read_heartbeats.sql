-- Read when the judge last ran, as a whole and for each source, and when a load last looked at everything.
SELECT name, beat_at
FROM lake_assets.heartbeats
WHERE name IN ('judge', 'load') OR name LIKE 'judge:%'
