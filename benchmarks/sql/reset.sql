-- Make a clean place for the next run.
DROP SCHEMA IF EXISTS bench, floor, lake_assets CASCADE;
CREATE SCHEMA floor
