-- Read when the judge, or a load of everything, last ran, and which of these the heartbeat URL was last told of.
SELECT
    max(beat_at) FILTER (WHERE name IN ('judge', 'load')) AS judged,
    max(beat_at) FILTER (WHERE name = 'pinged') AS pinged
FROM lake_assets.heartbeats
