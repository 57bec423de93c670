-- Write down that something has run to its end.
INSERT INTO lake_assets.heartbeats (name, beat_at)
VALUES (%(name)s, %(now)s)
ON CONFLICT (name) DO UPDATE SET beat_at = excluded.beat_at
