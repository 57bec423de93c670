"""Which columns of main a load fills, as the ledger keeps it with each file.

What the ledger keeps belongs to `ledger.column_sets`, what a check makes of it to `checks.columns`.
"""

import psycopg

from lake_assets.catalog.models import Table
from lake_assets.ledger.column_sets import (
    ColumnNames,
    adopt_files,
    find_column_set,
    has_files_without_set,
    keep_column_set,
)
from lake_assets.load.child_rows import child_tables
from lake_assets.load.main_tables import LAKE_COLUMNS, list_columns, main_table, table_exists
from lake_assets.postgres import connect


def note_columns(connection: psycopg.Connection, conninfo: str, table: Table, columns: ColumnNames) -> int:
    """Return the number under which the ledger knows the columns that a load fills.

    Args:
        connection: the session of the load, in its transaction.
        conninfo: where the warehouse is: a new number is kept over a session aside, for other loads of the
            table would wait for the end of this one.
        table: the table.
        columns: the columns.
    """
    known = find_column_set(connection, table, columns)
    if known is not None:
        return known
    with connect(conninfo, autocommit=True) as aside:
        return keep_column_set(aside, table, columns)


def adopt_older_files(connection: psycopg.Connection, table: Table) -> None:
    """Take the columns that main has for those of files which were loaded before the ledger kept any.

    Args:
        connection: a session without an open transaction; main has got no new column yet.
        table: the table.
    """
    if not has_files_without_set(connection, table):
        return
    column_set = keep_column_set(connection, table, columns_in_main(connection, table))
    adopt_files(connection, table, column_set)


def columns_in_main(connection: psycopg.Connection, table: Table) -> dict[str, list[str]]:
    """Return the columns that a table and its child tables have in main, ours left aside, by table.

    One that is not there is left out.
    """
    columns: dict[str, list[str]] = {}
    for each in (table, *child_tables(table)):
        main = main_table(each)
        if table_exists(connection, main):
            names = list_columns(connection, main)
            columns[each.name] = [name for name in names if name not in LAKE_COLUMNS]
    return columns
