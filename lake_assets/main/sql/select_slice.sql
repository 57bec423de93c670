-- Read the rows of one partition, of several, or of all.
SELECT {columns} FROM {table} WHERE {slice}
