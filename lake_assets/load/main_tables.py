"""The main tables themselves: creating them, completing them, counting their rows.

Replacing a table-hour belongs to `load.hour`.
"""

from array import array
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from lake_assets.catalog.models import Table
from lake_assets.catalog.values import MOST_COLUMNS
from lake_assets.exceptions import WarehouseError
from lake_assets.ledger.ledger import lock
from lake_assets.postgres import statement, type_name

LAKE_COLUMNS = {"_lake_hour": "timestamptz", "_lake_file": "bigint", "_lake_record": "bigint"}


def main_table(table: Table) -> sql.Identifier:
    """Give the schema-qualified name of a table in main."""
    return sql.Identifier(table.schema_name, table.name)


def catalog_columns(table: Table) -> list[tuple[str, str]]:
    """List the (name, type) of every column that the catalog gives a table."""
    return [(column.name, column.type) for column in table.columns]


def ensure_main(connection: psycopg.Connection, table: Table, columns: Sequence[tuple[str, str]]) -> None:
    """Create a main table, or add the columns it lacks, in a transaction of its own.

    Args:
        connection: a session without an open transaction; locks on main are held for moments only.
        table: the table as the catalog has it.
        columns: (name, type) of the columns it must have, those of the lake left aside.

    Raises:
        WarehouseError: a column is there with another type, or there are too many.
    """
    main = main_table(table)
    if len(columns) > MOST_COLUMNS:
        raise WarehouseError(
            f"{table.qualified}: the catalog names {len(columns)} columns, and a table can have "
            f"{MOST_COLUMNS} beside ours. Leave out those that are not needed, and set `new_columns: ignore`."
        )
    with connection.transaction():
        lock(connection, f"main:{table.schema_name}.{table.name}")
        if not main_exists(connection, table):
            _create(connection, table, columns)
            return
        wanted = [*columns, *LAKE_COLUMNS.items()]
        connection.execute(statement(__package__, "declare_columns", columns=_definitions(wanted)))
        rows = connection.execute(
            statement(__package__, "compare_columns"), {"main": main.as_string(connection)}
        ).fetchall()
        _refuse_other_types(table, rows)
        types = dict(wanted)
        for name, _, existing in rows:
            if existing is None:
                column = {"column": sql.Identifier(name), "type": type_name(types[name])}
                connection.execute(statement(__package__, "add_column", main=main, **column))


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
    connection.execute(statement(__package__, "create_main", main=main, columns=_definitions(columns)))
    connection.execute(statement(__package__, "create_hour_index", main=main))


def _definitions(columns: Sequence[tuple[str, str]]) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), type_name(declared)) for name, declared in columns
    )


def _refuse_other_types(table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    others = [row for row in rows if row[2] is not None and row[2] != row[1]]
    lost = [name for name, _, existing in rows if existing is None and name in LAKE_COLUMNS]
    if others:
        said = (
            f"{name} is {existing} in the warehouse and {declared} in the catalog"
            for name, declared, existing in others
        )
        retype = _retype(table, {name: declared for name, declared, _ in others})
        raise WarehouseError(
            f"{table.schema_name}.{table.name}: {'; '.join(said)}. Change the catalog back, or change the "
            f"warehouse with {retype}, or drop the table and load its hours again."
        )
    if lost:
        raise WarehouseError(
            f"{table.schema_name}.{table.name} is there without {', '.join(lost)}: lake_assets did not make "
            "it. Rename it, or give the table another name in the catalog."
        )


def _retype(table: Table, types: Mapping[str, str]) -> str:
    """Give the statement that gives columns of a table other types, for a person to run."""
    changes = sql.SQL(", ").join(
        sql.SQL("ALTER COLUMN {name} TYPE {type} USING {name}::{type}").format(
            name=sql.Identifier(name), type=type_name(declared)
        )
        for name, declared in types.items()
    )
    return sql.SQL("`ALTER TABLE {} {}`").format(main_table(table), changes).as_string()


def main_exists(connection: psycopg.Connection, table: Table) -> bool:
    """Tell whether a table is there in main."""
    name = main_table(table).as_string(connection)
    row = connection.execute(statement(__package__, "table_exists"), {"main": name}).fetchone()
    return bool(row and row[0])


def count_hours(
    connection: psycopg.Connection, table: Table, first: datetime, end: datetime
) -> dict[datetime, dict[int, int]]:
    """Count main's rows of the hours in [first, end), by hour, then by file id."""
    counts: dict[datetime, dict[int, int]] = {}
    if main_exists(connection, table):
        count = statement(__package__, "count_hours", main=main_table(table))
        for hour, file_id, rows in connection.execute(count, {"first": first, "end": end}):
            counts.setdefault(hour, {})[file_id] = rows
    return counts


def list_columns(connection: psycopg.Connection, table: Table) -> list[tuple[str, str]]:
    """List the (name, type) of the columns a main table has."""
    name = main_table(table).as_string(connection)
    return connection.execute(statement(__package__, "list_columns"), {"table": name}).fetchall()


def list_records(connection: psycopg.Connection, table: Table, hour: datetime, file_id: int) -> "array[int]":
    """List the numbers of a file's records that have a row in main, ascending."""
    listed = statement(__package__, "list_records", main=main_table(table))
    rows = connection.execute(listed, {"hour": hour, "file_id": file_id})
    return array("q", (number for (number,) in rows))


def sample_hour(
    connection: psycopg.Connection, table: Table, hour: datetime, *, rows: int, longest: int
) -> list[tuple[str | None, ...]]:
    """Show up to `rows` rows of one hour: the catalog's columns, in its order, as texts.

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
