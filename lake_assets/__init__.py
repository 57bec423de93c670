"""Hourly S3 files into a PostgreSQL warehouse, with nothing skipped in silence.

The flow of one table-hour, and the package that owns each step:

1. `catalog`  which tables there are, of which types, and how their files are read.
2. `lake`     lists the hour's objects in S3.
3. `readers`  turn the bytes of a file into records; `recount` counts them again with code of its own.
4. `load`     copies the records into staging and casts them into main; what does not cast is quarantined.
5. `ledger`   keeps what is known of every file and table-hour, written in the same transaction.
6. `checks`   compare lake, ledger and main; `monitor` gives every expected table-hour its state.
7. `alerts`   tell people what is wrong.

`orchestration` hands the whole to Dagster, and `definitions` is its code location; `cli` is the `lake-assets`
command; `discover` writes a catalog; `embedded` starts a PostgreSQL and an S3 server on a laptop.
"""
