-- Write the rows of a DataFrame.
COPY {table} ({columns}) FROM STDIN
