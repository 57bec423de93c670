-- Index a main table by hour, under a name of PostgreSQL's choice.
CREATE INDEX ON {main} USING brin (_lake_hour) WITH (pages_per_range = 32, autosummarize = on)
