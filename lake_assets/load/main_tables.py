"""The main tables themselves: creating them, completing them, counting their rows.

Replacing the rows of a table-hour belongs to `load.main_rows`.
"""

from array import array
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

import psycopg
from psycopg import sql

from lake_assets.catalog.models import Table
from lake_assets.catalog.values import MOST_COLUMNS
from lake_assets.exceptions import WarehouseError
from lake_assets.ledger.column_sets import find_given_columns
from lake_assets.ledger.install import lock
from lake_assets.postgres import statement, type_name
from lake_assets.states.facts import Fact
from lake_assets.states.sentences import sentence
from lake_assets.table_locks import TableChange, limit_wait

LAKE_COLUMNS = {"_lake_hour": "timestamptz", "_lake_file": "bigint", "_lake_record": "bigint"}


class ComparedColumn(NamedTuple):
    """A declared column beside the one that a table has.

    Attributes:
        name: its name.
        declared: the declared type, as the server writes it.
        existing: the type in the warehouse; None where the table lacks the column.
    """

    name: str
    declared: str
    existing: str | None

    @property
    def differs(self) -> bool:
        """Whether the table has it with another type."""
        return self.existing is not None and self.existing != self.declared


def main_table(table: Table) -> sql.Identifier:
    """Return the schema-qualified name of a table in main."""
    return sql.Identifier(table.schema_name, table.name)


def catalog_columns(table: Table) -> list[tuple[str, str]]:
    """Return the (name, type) of every column that the catalog gives a table."""
    return [(column.name, column.type) for column in table.columns]


def ensure_main(
    connection: psycopg.Connection,
    table: Table,
    columns: Sequence[tuple[str, str]],
    *,
    parent: Table | None = None,
) -> None:
    """Create a main table, or add the columns it lacks, in a transaction of its own.

    A column that it had once is not added: it would be empty in the rows that are there.

    Args:
        connection: a session without an open transaction; locks on main are held for moments only.
        table: the table as the catalog has it.
        columns: (name, type) of the columns it must have, those of the lake left aside.
        parent: of a child table, the table whose hours give it rows.

    Raises:
        WarehouseError: a column is there with another type, or is there no more; there are too many; or
            others hold the table.
    """
    if len(columns) > MOST_COLUMNS:
        raise WarehouseError(
            f"{table.qualified}: the catalog names {len(columns)} columns, and a table can have "
            f"{MOST_COLUMNS} beside ours. Leave out those that are not needed, and set `new_columns: ignore`."
        )
    change = TableChange(
        connection=connection,
        tables=[main_table(table)],
        what=f"{table.schema_name}.{table.name}: the columns of files or catalog cannot be added",
    )
    change.run(partial(_ensure, connection, table, columns, parent or table))


def _ensure(
    connection: psycopg.Connection, table: Table, columns: Sequence[tuple[str, str]], parent: Table
) -> None:
    lock(connection, f"main:{table.schema_name}.{table.name}")
    if table_exists(connection, main_table(table)):
        _complete(connection, table, columns, parent)
    else:
        _create(connection, table, columns)


def _complete(
    connection: psycopg.Connection, table: Table, columns: Sequence[tuple[str, str]], parent: Table
) -> None:
    """Add the columns that a table lacks; for each, readers wait a moment at most."""
    main = main_table(table)
    limit_wait(connection)
    wanted = dict(columns) | LAKE_COLUMNS
    compared = compare_columns(connection, main, define_columns(wanted))
    _refuse_other_types(table, compared)
    lacking = [column.name for column in compared if column.existing is None]
    _refuse_gone(connection, table, lacking, parent)
    for name in lacking:
        add_column(connection, main, name, type_name(wanted[name]))


def ensure_schema(connection: psycopg.Connection, schema: str) -> None:
    """Create a schema unless it is there; two at once wait for each other.

    A schema that is there is only looked at, so that its user need not be allowed to create any.
    """
    lock(connection, f"schema:{schema}")
    there = connection.execute(statement(__package__, "schema_exists"), {"schema": schema}).fetchone()
    if not there or not there[0]:
        connection.execute(statement(__package__, "create_schema", schema=sql.Identifier(schema)))


def _create(connection: psycopg.Connection, table: Table, columns: Sequence[tuple[str, str]]) -> None:
    main = main_table(table)
    ensure_schema(connection, table.schema_name)
    create = statement(__package__, "create_main", main=main, columns=define_columns(dict(columns)))
    connection.execute(create)
    connection.execute(statement(__package__, "create_hour_index", main=main))


def define_columns(types: Mapping[str, str]) -> sql.Composed:
    """Return the definitions of columns by their names, with types that are checked already."""
    definitions = [
        sql.SQL("{} {}").format(sql.Identifier(name), type_name(declared)) for name, declared in types.items()
    ]
    return sql.SQL(", ").join(definitions)


def compare_columns(
    connection: psycopg.Connection, name: sql.Identifier, definitions: sql.Composable
) -> list[ComparedColumn]:
    """Return declared columns beside those that a table has, in the order in which they were declared.

    Args:
        connection: a session in a transaction that has compared nothing yet.
        name: the table, which is there.
        definitions: the declared columns.
    """
    connection.execute(statement(__package__, "declare_columns", columns=definitions))
    values = {"main": name.as_string(connection)}
    rows = connection.execute(statement(__package__, "compare_columns"), values)
    return [ComparedColumn(*row) for row in rows]


def add_column(
    connection: psycopg.Connection, table: sql.Identifier, name: str, declared: sql.Composable
) -> None:
    """Add a column to a table unless it is there."""
    add = statement(__package__, "add_column", main=table, column=sql.Identifier(name), type=declared)
    connection.execute(add)


def _refuse_other_types(table: Table, compared: Sequence[ComparedColumn]) -> None:
    others = [column for column in compared if column.differs]
    lost = [column.name for column in compared if column.existing is None and column.name in LAKE_COLUMNS]
    if others:
        said = "; ".join(
            f"{column.name} is {column.existing} in the warehouse and {column.declared} in the catalog"
            for column in others
        )
        retype = _retype(table, {column.name: column.declared for column in others})
        raise WarehouseError(
            f"{table.schema_name}.{table.name}: {said}. Change the catalog back, or change the "
            f"warehouse with {retype}, or drop the table and load its hours again."
        )
    if lost:
        raise WarehouseError(
            f"{table.schema_name}.{table.name} is there without {', '.join(lost)}: lake_assets did not make "
            "it. Rename it, or give the table another name in the catalog."
        )


def _refuse_gone(connection: psycopg.Connection, table: Table, lacking: Sequence[str], parent: Table) -> None:
    """Refuse to add columns anew that rows were loaded with: nobody would see that they are empty."""
    if not lacking:
        return
    gone = find_given_columns(connection, parent, table.name, main_table(table), lacking)
    if gone:
        fact = Fact.of("columns_gone", table=f"{table.schema_name}.{table.name}", columns=gone)
        raise WarehouseError(f"{sentence(fact)}.")


def _retype(table: Table, types: Mapping[str, str]) -> str:
    """Return the statement that gives columns of a table other types, for a person to run."""
    changes = [
        sql.SQL("ALTER COLUMN {name} TYPE {type} USING {name}::{type}").format(
            name=sql.Identifier(name), type=type_name(declared)
        )
        for name, declared in types.items()
    ]
    alter = sql.SQL("`ALTER TABLE {} {}`").format(main_table(table), sql.SQL(", ").join(changes))
    return alter.as_string()


def table_exists(connection: psycopg.Connection, name: sql.Identifier) -> bool:
    """Return whether a table is there."""
    values = {"main": name.as_string(connection)}
    row = connection.execute(statement(__package__, "table_exists"), values).fetchone()
    return bool(row and row[0])


def count_hours(
    connection: psycopg.Connection, table: Table, first: datetime, end: datetime
) -> dict[datetime, dict[int, int]]:
    """Count main's rows of the hours in [first, end), by hour, then by file id."""
    counts: dict[datetime, dict[int, int]] = {}
    if table_exists(connection, main_table(table)):
        count = statement(__package__, "count_hours", main=main_table(table))
        for hour, file_id, rows in connection.execute(count, {"first": first, "end": end}):
            counts.setdefault(hour, {})[file_id] = rows
    return counts


def list_columns(connection: psycopg.Connection, name: sql.Identifier) -> dict[str, str]:
    """Return the types of the columns that a table has, by their names, in its order."""
    values = {"table": name.as_string(connection)}
    return dict(connection.execute(statement(__package__, "list_columns"), values).fetchall())


def list_records(connection: psycopg.Connection, table: Table, hour: datetime, file_id: int) -> "array[int]":
    """Return the numbers of a file's records that have a row in main, ascending."""
    listed = statement(__package__, "list_records", main=main_table(table))
    rows = connection.execute(listed, {"hour": hour, "file_id": file_id})
    return array("q", (number for (number,) in rows))


def sample_hour(
    connection: psycopg.Connection, table: Table, hour: datetime, *, rows: int, longest: int
) -> list[tuple[str | None, ...]]:
    """Return up to `rows` rows of one hour: the catalog's columns, in its order, as texts.

    Args:
        connection: a session.
        table: the table.
        hour: the hour (UTC).
        rows: how many rows at most.
        longest: how many characters of a value at most.
    """
    shown = [
        sql.SQL("left({}::text, {})").format(sql.Identifier(column.name), sql.Literal(longest))
        for column in table.columns
    ]
    columns = sql.SQL(", ").join(shown)
    sample = statement(__package__, "sample_hour", main=main_table(table), columns=columns)
    return connection.execute(sample, {"hour": hour, "rows": rows}).fetchall()
