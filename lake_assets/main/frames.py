"""pandas DataFrames in and out of the warehouse: one partition replaced in one transaction.

Table-hours of the lake belong to `main.load`; what Dagster asks of an IO manager to `main.io_manager`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from typing import Any
from uuid import UUID

import pandas as pd
import psycopg
import sqlalchemy as sa
from psycopg import sql
from psycopg.types.json import Jsonb

from lake_assets.exceptions import WarehouseError
from lake_assets.ledger.ledger import lock
from lake_assets.postgres import statement, type_name

PARTITION_COLUMNS = {"_lake_hour": "timestamptz", "_lake_partition": "text"}

_DTYPE_KINDS = {
    "i": "bigint",
    "u": "numeric(20,0)",
    "f": "double precision",
    "b": "boolean",
    "m": "interval",
}
_VALUE_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),
    (int, "numeric"),
    (float, "double precision"),
    (Decimal, "numeric"),
    (datetime, "timestamptz"),
    (date, "date"),
    (bytes, "bytea"),
    (UUID, "uuid"),
    (dict, "jsonb"),
    (list, "jsonb"),
)


@dataclass(frozen=True)
class FrameSlice:
    """The part of a table that one write replaces, or one read fetches.

    Attributes:
        schema: the warehouse schema.
        table: the table.
        hours: the half-open time window of the partition(s), for time-partitioned assets.
        partitions: the partition keys, for assets partitioned otherwise.
        types: PostgreSQL types of columns whose dtype does not say enough.
    """

    schema: str
    table: str
    hours: tuple[datetime, datetime] | None = None
    partitions: tuple[str, ...] | None = None
    types: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> sql.Identifier:
        """The table's schema-qualified name."""
        return sql.Identifier(self.schema, self.table)

    @property
    def column(self) -> str | None:
        """The column that holds the partition, if there is one."""
        if self.hours:
            return "_lake_hour"
        return "_lake_partition" if self.partitions is not None else None

    @property
    def condition(self) -> sql.Composable:
        """The condition that is true of the slice's rows."""
        if self.hours:
            first, end = map(sql.Literal, self.hours)
            return sql.SQL("_lake_hour >= {} AND _lake_hour < {}").format(first, end)
        if self.partitions is not None:
            return sql.SQL("_lake_partition = ANY ({})").format(sql.Literal(list(self.partitions)))
        return sql.SQL("true")


def replace_slice(
    connection: psycopg.Connection,
    target: FrameSlice,
    frames: Iterable[pd.DataFrame],
    partition: datetime | str | None,
) -> int:
    """Replace one slice of a table by DataFrames, in one transaction.

    Args:
        connection: a session without an open transaction.
        target: what is replaced.
        frames: the rows; the first frame's columns are the table's, and later ones must have the same.
        partition: the value of the partition column, or None where the frames carry it or there is none.

    Returns:
        The number of rows written.

    Raises:
        WarehouseError: there is no frame, or the frames do not fit the table or each other.
    """
    stream = iter(frames)
    first = next(stream, None)
    if first is None:
        raise WarehouseError(
            f"{target.schema}.{target.table}: no DataFrame came. "
            "Give an empty one with the right columns to empty the partition."
        )
    names = [str(name) for name in first.columns]
    with connection.transaction():
        lock(connection, f"main:{target.schema}.{target.table}")
        _ensure_table(connection, target, first)
        connection.execute(statement(__package__, "delete_slice", table=target.name, slice=target.condition))
        return sum(
            _copy_frame(connection, target, frame, names, partition) for frame in chain([first], stream)
        )


def _ensure_table(connection: psycopg.Connection, target: FrameSlice, frame: pd.DataFrame) -> None:
    columns = {
        str(name): target.types.get(str(name)) or _postgres_type(frame[name]) for name in frame.columns
    }
    if target.column and target.column not in columns:
        columns[target.column] = PARTITION_COLUMNS[target.column]
    known = connection.execute(
        statement(__package__, "list_columns"), {"table": target.name.as_string(connection)}
    ).fetchall()
    if not known:
        _create_table(connection, target, columns)
        return
    for name in columns.keys() - {name for (name,) in known}:
        parts = {"main": target.name, "column": sql.Identifier(name), "type": type_name(columns[name])}
        connection.execute(statement(__package__, "add_column", **parts))


def _create_table(connection: psycopg.Connection, target: FrameSlice, columns: Mapping[str, str]) -> None:
    definitions = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), type_name(declared))
        for name, declared in columns.items()
    )
    connection.execute(statement(__package__, "create_schema", schema=sql.Identifier(target.schema)))
    connection.execute(statement(__package__, "create_frame_table", table=target.name, columns=definitions))


def _postgres_type(column: "pd.Series[Any]") -> str:
    dtype = column.dtype
    if isinstance(dtype, pd.DatetimeTZDtype):
        return "timestamptz"
    if dtype.kind == "M":
        return "timestamp"
    if dtype.kind in _DTYPE_KINDS:
        return _DTYPE_KINDS[dtype.kind]
    known = column.dropna()
    if dtype.kind == "O" and len(known):
        for python_type, postgres_type in _VALUE_TYPES:
            if known.map(lambda value, wanted=python_type: isinstance(value, wanted)).all():
                return postgres_type
    return "text"


def _copy_frame(
    connection: psycopg.Connection,
    target: FrameSlice,
    frame: pd.DataFrame,
    names: list[str],
    partition: datetime | str | None,
) -> int:
    if [str(name) for name in frame.columns] != names:
        raise WarehouseError(
            f"{target.schema}.{target.table}: a DataFrame has columns {list(frame.columns)}, the first had "
            f"{names}. Give every chunk the same columns."
        )
    stamped = partition is not None and target.column is not None and target.column not in names
    columns = [*names, str(target.column)] if stamped else names
    copy_sql = statement(
        __package__,
        "copy_frame",
        table=target.name,
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
    )
    suffix = (partition,) if stamped else ()
    with connection.cursor() as cursor, cursor.copy(copy_sql) as copy:
        for row in _rows(frame):
            copy.write_row((*row, *suffix))
    return len(frame)


def _rows(frame: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    values = frame.astype(object)
    for row in values.where(values.notna(), None).itertuples(index=False, name=None):
        yield tuple(Jsonb(value) if isinstance(value, dict | list) else value for value in row)


def read_slice(engine: sa.Engine, source: FrameSlice, columns: list[str] | None = None) -> pd.DataFrame:
    """Read one slice of a table into a DataFrame whose integers stay integers where NULLs stand among them.

    Args:
        engine: the warehouse.
        source: what to read.
        columns: the columns wanted; all if left out.

    Raises:
        WarehouseError: the table is not there.
    """
    if not sa.inspect(engine).has_table(source.table, schema=source.schema):
        raise WarehouseError(
            f"{source.schema}.{source.table} is not in the warehouse. Materialize the asset first."
        )
    table = sa.Table(source.table, sa.MetaData(), schema=source.schema, autoload_with=engine)
    query = sa.select(*(table.c[name] for name in columns)) if columns else sa.select(table)
    if source.hours:
        first, end = source.hours
        query = query.where(table.c["_lake_hour"] >= first, table.c["_lake_hour"] < end)
    elif source.partitions is not None:
        query = query.where(table.c["_lake_partition"].in_(source.partitions))
    with engine.connect() as connection:
        return pd.read_sql_query(query, connection, dtype_backend="numpy_nullable")
