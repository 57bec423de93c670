-- Read when the judge last ran, and which of its runs the heartbeat URL was last told of.
SELECT
    max(beat_at) FILTER (WHERE name = 'judge') AS judged,
    max(beat_at) FILTER (WHERE name = 'pinged') AS pinged
FROM lake_assets.heartbeats
