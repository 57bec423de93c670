-- Create a table of DataFrames.
CREATE TABLE IF NOT EXISTS {table} ({columns})
