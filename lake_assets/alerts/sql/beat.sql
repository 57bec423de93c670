-- Write down that something has run.
INSERT INTO lake_assets.heartbeats AS known (name, beat_at)
VALUES (%(name)s, %(now)s)
ON CONFLICT (name) DO UPDATE SET beat_at = greatest(known.beat_at, excluded.beat_at)
