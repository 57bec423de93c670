-- Tell when something last ran to its end.
SELECT beat_at FROM lake_assets.heartbeats WHERE name = %(name)s
