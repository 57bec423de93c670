"""Hourly S3 files into a PostgreSQL warehouse, with nothing skipped in silence.

The flow of one table-hour, and the package that owns each step:

1. `catalog`  which tables there are, of which types, and how their files are read.
2. `lake`     lists the hour's objects in S3 and reads their bytes as records.
3. `staging`  copies the records into the temporary table of this load.
4. `main`     casts them into the typed table, puts what does not cast into quarantine.
5. `ledger`   writes down what is known of every file and table-hour, in the same transaction.
6. `checks`   counts the files again with a reader of its own, and compares lake, ledger and main.

`embedded` starts a PostgreSQL and an S3 server on a laptop; `cli` is the `lake-assets` command;
`definitions` hands the whole to Dagster.
"""
