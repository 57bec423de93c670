-- Create the staging table of the floor.
CREATE UNLOGGED TABLE floor.staging ({columns})
