-- Index a new table of DataFrames by partition.
CREATE INDEX ON {table} ({column})
