"""Which columns of main the files of a table were loaded with: the rows of `lake_assets.column_sets`.

A set is shared by all files that were loaded alike, so that a file keeps a number and no list. What follows
from a column that is in a set and not in main, or the other way round, belongs to `load.main_tables` and
`checks.columns`.
"""

from collections.abc import Iterable, Mapping, Sequence

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from lake_assets.catalog.models import Table
from lake_assets.postgres import statement

ColumnNames = Mapping[str, Sequence[str]]
"""The names of columns of main, in order, by the name of their table: the table itself, then child tables."""

ColumnSet = Mapping[str, frozenset[str]]
"""The same, to look into."""


def read_column_sets(connection: psycopg.Connection, table: Table) -> dict[int, ColumnSet]:
    """Return every set that files of a table were loaded with, by its number."""
    rows = connection.execute(statement(__package__, "read_column_sets"), _name_of(table))
    return {number: _as_set(columns) for number, columns in rows}


def find_column_set(connection: psycopg.Connection, table: Table, columns: ColumnNames) -> int | None:
    """Return the number of a set; None where no load was ever of it."""
    row = connection.execute(statement(__package__, "find_column_set"), _set_of(table, columns)).fetchone()
    return row[0] if row else None


def keep_column_set(connection: psycopg.Connection, table: Table, columns: ColumnNames) -> int:
    """Return the number of a set, which is kept from now on.

    Args:
        connection: a session that commits soon: who keeps the same set beside it waits for that.
        table: the table.
        columns: the columns.
    """
    connection.execute(statement(__package__, "keep_column_set"), _set_of(table, columns))
    number = find_column_set(connection, table, columns)
    if number is None:
        raise RuntimeError(f"lake_assets.column_sets does not keep the columns of {table.qualified}.")
    return number


def has_files_without_set(connection: psycopg.Connection, table: Table) -> bool:
    """Return whether a ledger of before has files of a table whose columns nobody wrote down."""
    row = connection.execute(statement(__package__, "has_files_without_set"), _name_of(table)).fetchone()
    return bool(row and row[0])


def adopt_files(connection: psycopg.Connection, table: Table, column_set: int) -> None:
    """Write down of the files without a set that they were loaded with this one."""
    values = {**_name_of(table), "column_set": column_set}
    connection.execute(statement(__package__, "adopt_files"), values)


def find_given_columns(
    connection: psycopg.Connection, table: Table, name: str, main: sql.Identifier, columns: Iterable[str]
) -> list[str]:
    """Return those of some columns that a table of main was given with rows that it still has.

    Args:
        connection: the session.
        table: the table whose hours gave it rows.
        name: the name of the table of main: its own, or that of a child table.
        main: the same for SQL; it is there.
        columns: the columns asked about.
    """
    values = {**_name_of(table), "name": name, "columns": list(columns)}
    rows = connection.execute(statement(__package__, "find_given_columns", main=main), values)
    return [column for (column,) in rows]


def _as_set(columns: Mapping[str, Iterable[str]]) -> ColumnSet:
    return {name: frozenset(names) for name, names in columns.items()}


def _name_of(table: Table) -> dict[str, str]:
    return {"source": table.source, "table_name": table.name}


def _set_of(table: Table, columns: ColumnNames) -> dict[str, object]:
    kept = {name: list(names) for name, names in columns.items()}
    return {**_name_of(table), "columns": Jsonb(kept)}
