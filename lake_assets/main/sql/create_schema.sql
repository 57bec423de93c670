-- Create a schema of the warehouse.
CREATE SCHEMA IF NOT EXISTS {schema}
