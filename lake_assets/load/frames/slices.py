"""pandas DataFrames in and out of the warehouse: one partition replaced in one transaction.

What a value of pandas is in PostgreSQL belongs to `load.frames.values`, table-hours of the lake to
`load.loader`, what Dagster asks of an IO manager to `orchestration.io_manager`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Any

import pandas as pd
import psycopg
from psycopg import sql

from lake_assets.catalog.type_form import TYPE_FORM
from lake_assets.catalog.values import OUR_COLUMNS
from lake_assets.exceptions import WarehouseError
from lake_assets.ledger.install import lock
from lake_assets.load.foreign_functions import unreachable_name
from lake_assets.load.frames.columns import Columns, columns_of, fault_of_name
from lake_assets.load.frames.values import dtype_of, frame_of, postgres_type, rows_of
from lake_assets.load.main_tables import (
    add_column,
    compare_columns,
    ensure_schema,
    list_columns,
    table_exists,
)
from lake_assets.load.type_schemas import qualify_types
from lake_assets.postgres import statement, type_name
from lake_assets.table_locks import TableChange, limit_wait

HOUR_COLUMN = "_lake_hour"
KEY_COLUMN = "_lake_partition"
FILE_COLUMN = "_lake_file"
ROWS_PER_FETCH = 20_000
MEND = (
    "The rows are those of before. If the DataFrame is right, change the column in the warehouse "
    "(ALTER TABLE … ALTER COLUMN … TYPE …)."
)

Window = tuple[datetime, datetime]


@dataclass(frozen=True)
class FrameSlice:
    """The part of a table that one write replaces, or one read fetches.

    Attributes:
        schema: the warehouse schema.
        table: the table.
        column: the column that tells partitions apart; None for the whole of an unpartitioned table.
        windows: the half-open time windows of the partitions, for time partitions.
        keys: the partition keys, for other partitions.
        stamp: what `column` holds in rows that come without it; None unless the slice is one partition.
        types: PostgreSQL types of columns, where those worked out from the values are not wanted.
    """

    schema: str
    table: str
    column: str | None = None
    windows: tuple[Window, ...] = ()
    keys: tuple[str, ...] = ()
    stamp: datetime | str | None = None
    types: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The table as people write it."""
        return f"{self.schema}.{self.table}"

    @property
    def name(self) -> sql.Identifier:
        """The table as SQL names it."""
        return sql.Identifier(self.schema, self.table)

    @property
    def is_empty(self) -> bool:
        """Whether no partition at all is meant."""
        return self.column is not None and not self.windows and not self.keys

    @property
    def condition(self) -> sql.Composable:
        """The condition that is true of the slice's rows."""
        if self.column is None:
            return sql.SQL("true")
        column = sql.Identifier(self.column)
        if not self.windows:
            return sql.SQL("{} = ANY ({})").format(column, sql.Literal(list(self.keys)))
        within = [
            sql.SQL("({column} >= {first} AND {column} < {end})").format(
                column=column, first=sql.Literal(first), end=sql.Literal(end)
            )
            for first, end in self.windows
        ]
        return sql.SQL(" OR ").join(within)

    def holds(self, values: "pd.Series[Any]") -> bool:
        """Return whether all values of the partition column lie in the slice; times without zone are UTC."""
        if not self.windows:
            return bool(values.astype(object).isin(self.keys).all())
        times = pd.to_datetime(values, utc=True, errors="coerce")
        within = pd.Series(data=False, index=values.index)
        for first, end in self.windows:
            within |= (times >= first) & (times < end)
        return bool(within.all())


@dataclass(frozen=True)
class Written:
    """What one write did.

    Attributes:
        rows: how many rows the slice has now.
        types: the PostgreSQL types of the columns that were written.
        guessed: columns made as text because no value said what they hold.
    """

    rows: int
    types: Mapping[str, str]
    guessed: tuple[str, ...] = ()


def replace_slice(
    connection: psycopg.Connection, target: FrameSlice, frames: Iterable[pd.DataFrame]
) -> Written:
    """Replace one slice of a table by DataFrames, in one transaction.

    The table is made, or given the columns it lacks, in a short transaction of its own before that, so that
    readers and the writers of other partitions are not held up by the length of the write.

    Args:
        connection: a session in autocommit mode.
        target: what is replaced.
        frames: the rows; the first frame's columns are the table's, and later ones must have the same.

    Raises:
        WarehouseError: there is no frame, or the frames do not fit the table, the slice or each other; the
            rows are those of before.
    """
    stream = iter(frames)
    first = next(stream, None)
    if first is None:
        raise WarehouseError(
            f"{target.title}: no DataFrame came. Give an empty one to empty the partition or the table."
        )
    target = replace(target, types=_qualified_types(connection, target))
    types, guessed = _ensure_table(connection, target, _columns(target, first))
    stream = chain(iter([first]), stream)
    del first  # a frame's memory is free once it is written: an exhausted iterator lets go of its list
    with connection.transaction():
        with _naming(target):
            _wait_for_turn(connection, target)
            delete = statement(__package__, "delete_slice", table=target.name, slice=target.condition)
            connection.execute(delete)
        rows = sum(_copy_frame(connection, target, types, frame) for frame in stream)
    return Written(rows, types, guessed)


@contextmanager
def _naming(target: FrameSlice, remedy: str = "") -> Iterator[None]:
    """Let what PostgreSQL says is wrong name the table."""
    try:
        yield
    except psycopg.Error as error:
        unreachable = unreachable_name(error)
        if unreachable:
            raise WarehouseError(f"{target.title}: {unreachable}.") from error
        context = f" ({error.diag.context})" if error.diag.context else ""
        reason = error.diag.message_primary or str(error).strip()
        raise WarehouseError(f"{target.title}: {reason}{context}. {remedy}".strip()) from error


def _wait_for_turn(connection: psycopg.Connection, target: FrameSlice) -> None:
    """Keep others from writing this slice: one partition waits for its like, anything wider for all."""
    if target.stamp is None:
        connection.execute(statement(__package__, "lock_writers", table=target.name))
    else:
        lock(connection, f"slice:{target.title}:{target.stamp}")


def _columns(target: FrameSlice, frame: Any) -> Columns:
    return columns_of(target.title, frame, partition_column=target.column)


def _ensure_table(
    connection: psycopg.Connection, target: FrameSlice, columns: Columns
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Make the table, or add the columns it lacks.

    Returns:
        The types of the frame's columns, and those whose type nothing tells.
    """
    what = f"{target.title}: the columns of the DataFrame cannot be added"
    change = TableChange(connection=connection, tables=[target.name], what=what)
    with _naming(target):
        return change.run(partial(_complete_table, connection, target, columns))


def _complete_table(
    connection: psycopg.Connection, target: FrameSlice, columns: Columns
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Do so in the caller's transaction; where the table is there, readers wait a moment at most."""
    lock(connection, f"main:{target.title}")
    known = _list_columns(connection, target)
    types, guessed = _choose_types(target, columns, known or {})
    if known is None:
        _create_table(connection, target, types)
    else:
        _refuse_foreign(target, known)
        limit_wait(connection)
        for name, declared in types.items():
            add_column(connection, target.name, name, _checked_type(target, name, declared))
    _refuse_other_types(connection, target, columns)
    now = list_columns(connection, target.name)
    return {name: now[name] for name in columns}, guessed


def _qualified_types(connection: psycopg.Connection, target: FrameSlice) -> dict[str, str]:
    """Return the types that are asked for, with their schemas; none is refused here."""
    qualified = qualify_types(connection, target.types.values())
    return {name: qualified[declared] for name, declared in target.types.items()}


def _choose_types(
    target: FrameSlice, columns: Columns, known: Mapping[str, str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Choose types for the columns that the table lacks.

    Returns:
        The types by name, and the columns that became text because nothing tells their type.
    """
    types: dict[str, str] = {}
    guessed = []
    for name, values in columns.items():
        if name in known:
            continue
        declared = target.types.get(name) or postgres_type(values)
        if declared is None:
            declared = "text"
            guessed.append(name)
        types[name] = declared
    return types, tuple(guessed)


def _list_columns(connection: psycopg.Connection, target: FrameSlice) -> dict[str, str] | None:
    """Return the types of a table's columns by name, or None where there is no such table."""
    for part in (target.schema, target.table):
        fault = fault_of_name(part)
        if fault:
            raise WarehouseError(f"{target.title}: {fault} Rename the asset.")
    if not table_exists(connection, target.name):
        return None
    return list_columns(connection, target.name)


def _create_table(connection: psycopg.Connection, target: FrameSlice, types: Mapping[str, str]) -> None:
    ensure_schema(connection, target.schema)
    columns = dict(types)
    if target.column:
        columns.setdefault(target.column, "timestamptz" if target.windows else "text")
    definitions = _definitions(target, columns)
    connection.execute(statement(__package__, "create_frame_table", table=target.name, columns=definitions))
    if target.column:
        column = sql.Identifier(target.column)
        connection.execute(statement(__package__, "create_slice_index", table=target.name, column=column))


def _definitions(target: FrameSlice, types: Mapping[str, str]) -> sql.Composed:
    definitions = [
        sql.SQL("{} {}").format(sql.Identifier(name), _checked_type(target, name, declared))
        for name, declared in types.items()
    ]
    return sql.SQL(", ").join(definitions)


def _checked_type(target: FrameSlice, name: str, declared: str) -> sql.SQL:
    if not TYPE_FORM.fullmatch(declared):
        raise WarehouseError(
            f"{target.title}: the type {declared!r} of column {name!r} is not one of PostgreSQL's. "
            'Write it as in CREATE TABLE, such as "numeric(12,2)".'
        )
    return type_name(declared)


def _refuse_foreign(target: FrameSlice, known: Mapping[str, str]) -> None:
    if FILE_COLUMN in known:
        raise WarehouseError(
            f"{target.title} is a table of the lake, which only a TableHour replaces. "
            "Give the asset another name, or drop the table first."
        )
    if target.column and target.column not in known:
        raise WarehouseError(
            f"{target.title} is there without the column {target.column}, which tells partitions apart. Drop "
            "the table and materialize its partitions again, or add the column and fill it."
        )


def _refuse_other_types(connection: psycopg.Connection, target: FrameSlice, columns: Columns) -> None:
    """Hold the types that were asked for against those the table has."""
    asked = {name: declared for name, declared in target.types.items() if name in columns}
    if not asked:
        return
    compared = compare_columns(connection, target.name, _definitions(target, asked))
    others = [column for column in compared if column.existing != column.declared]
    if others:
        said = "; ".join(
            f"{column.name} is {column.existing} in the warehouse and {column.declared} in `types`"
            for column in others
        )
        raise WarehouseError(
            f"{target.title}: {said}. Change `types`, or the warehouse with ALTER TABLE … ALTER "
            "COLUMN … TYPE."
        )


def _copy_frame(
    connection: psycopg.Connection, target: FrameSlice, types: Mapping[str, str], frame: pd.DataFrame
) -> int:
    columns = _columns(target, frame)
    if columns.keys() != types.keys():
        raise WarehouseError(
            f"{target.title}: a DataFrame has columns {list(columns)}, the first had {list(types)}. "
            "Give all the same columns."
        )
    if not len(frame):
        return 0
    stamp = _stamp(target, columns)
    names = sql.SQL(", ").join(map(sql.Identifier, [*columns, *stamp]))
    copy_sql = statement(__package__, "copy_frame", table=target.name, columns=names)
    suffix = tuple(stamp.values())
    with _naming(target, MEND), connection.cursor() as cursor, cursor.copy(copy_sql) as copy:
        for row in rows_of(target.title, columns, types):
            copy.write_row(row + suffix)
    return len(frame)


def _stamp(target: FrameSlice, columns: Columns) -> dict[str, Any]:
    """Return the partition column and its value where the rows come without it; else see that they fit."""
    if target.column is None:
        return {}
    if target.column in columns:
        if not target.holds(columns[target.column]):
            raise WarehouseError(
                f"{target.title}: column {target.column!r} of the DataFrame has values outside this run's "
                "partition. Give only the partition's rows."
            )
        return {}
    if target.stamp is None:
        raise WarehouseError(
            f"{target.title}: this run replaces several partitions, and the DataFrame has no column "
            f"{target.column!r} that says which one a row belongs to. Add it, name a column of yours with "
            'metadata={"partition_expr": …}, or set backfill_policy=dg.BackfillPolicy.multi_run(1).'
        )
    return {target.column: target.stamp}


def read_slice(
    connection: psycopg.Connection, source: FrameSlice, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """Read one slice of a table into a DataFrame; its dtypes follow the table's types, never the values.

    Args:
        connection: a session in autocommit mode.
        source: what to read.
        columns: the columns wanted; if left out all but those with `_lake_`, which no user's frame has.

    Raises:
        WarehouseError: the table or a column is not there, or a value is none that Python can hold.
    """
    known = _list_columns(connection, source)
    if known is None and source.is_empty:
        return pd.DataFrame()
    if known is None:
        raise WarehouseError(f"{source.title} is not in the warehouse. Materialize the asset first.")
    wanted = _wanted_columns(source, known, columns)
    query = statement(
        __package__,
        "select_slice",
        table=source.name,
        columns=sql.SQL(", ").join(map(sql.Identifier, wanted)),
        slice=source.condition,
    )
    with _naming(source), connection.transaction(), connection.cursor(name="lake_assets_slice") as cursor:
        cursor.execute(query)
        types = connection.adapters.types
        dtypes = {column.name: dtype_of(types, column.type_code) for column in cursor.description or ()}
        return _fetch(source, cursor, dtypes)


def _wanted_columns(
    source: FrameSlice, known: Mapping[str, str], columns: Sequence[str] | None
) -> Sequence[str]:
    """Return the columns to read; see `read_slice`."""
    wanted = columns
    if wanted is None:
        wanted = [name for name in known if not name.startswith(OUR_COLUMNS)]
    needed = [*wanted, source.column] if source.column else wanted
    unknown = [name for name in needed if name not in known]
    if unknown:
        raise WarehouseError(
            f"{source.title} has no column {', '.join(map(repr, unknown))}. It has {', '.join(known)}."
        )
    return wanted


def _fetch(source: FrameSlice, cursor: psycopg.ServerCursor[Any], dtypes: Mapping[str, str]) -> pd.DataFrame:
    parts = []
    try:
        while rows := cursor.fetchmany(ROWS_PER_FETCH):
            parts.append(frame_of(rows, dtypes))
    except psycopg.DataError as error:
        raise WarehouseError(
            f"{source.title}: {error}. Python's dates go from year 1 to 9999; read such a column as text, "
            'through a view, or leave it out with metadata={"columns": […]} on the input.'
        ) from error
    return pd.concat(parts, ignore_index=True) if parts else frame_of([], dtypes)
