-- Index a main table by hour.
CREATE INDEX IF NOT EXISTS {index} ON {main} USING brin (_lake_hour) WITH (pages_per_range = 32, autosummarize = on)
