-- Keep which columns of main each file was loaded with: one that main loses is told, one that comes later is loaded.
CREATE TABLE lake_assets.column_sets (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    table_name text NOT NULL,
    columns jsonb NOT NULL,
    noticed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE UNIQUE INDEX column_sets_by_columns ON lake_assets.column_sets (source, table_name, md5(columns::text));

COMMENT ON TABLE lake_assets.column_sets IS
'the sets of columns that hours of a table were loaded with; few, for one is shared by all files loaded alike';

COMMENT ON COLUMN lake_assets.column_sets.columns IS
'the names of the columns of main, in order, by the name of their table: the table itself, then its child tables';

ALTER TABLE lake_assets.files ADD COLUMN column_set integer;

COMMENT ON COLUMN lake_assets.files.column_set IS
'the columns that main got from the file, as lake_assets.column_sets has them; null until a load looks at the table';

-- A load takes what main has for the columns of files of before; afterwards the index is empty.
CREATE INDEX files_without_column_set ON lake_assets.files (source, table_name) WHERE column_set IS NULL;

ALTER TABLE lake_assets.reloads ADD COLUMN is_backfill boolean NOT NULL DEFAULT false;

COMMENT ON COLUMN lake_assets.reloads.is_backfill IS
'the hour is loaded again for a column that came into the catalog later, when nothing newer waits';
