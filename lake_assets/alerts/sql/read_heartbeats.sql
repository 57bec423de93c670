-- Read when the judge last ran, as a whole and for each source.
SELECT name, beat_at
FROM lake_assets.heartbeats
WHERE name = 'judge' OR name LIKE 'judge:%'
