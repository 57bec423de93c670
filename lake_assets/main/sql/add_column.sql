-- Add a column to a main table.
ALTER TABLE {main} ADD COLUMN IF NOT EXISTS {column} {type}
