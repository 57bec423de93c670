-- Create a table of DataFrames.
CREATE TABLE {table} ({columns})
