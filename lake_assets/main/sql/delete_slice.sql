-- Take the rows of one partition out of a table of DataFrames.
DELETE FROM {table} WHERE {slice}
