"""How the columns of a file pass through staging into the columns of main.

A cell is cast as early as the server can do it without losing its record: inside COPY on PostgreSQL 17 and
later (`ON_ERROR ignore`), after COPY with `pg_input_is_valid` on PostgreSQL 16. Reading the cells belongs to
`lake`; moving rows to `main`.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from psycopg import sql

from lake_assets.catalog.models import Table
from lake_assets.exceptions import LoadError
from lake_assets.postgres import type_name
from lake_assets.staging.fit import Use

MOST_COLUMNS = 1597  # a table's 1600 (manual, "PostgreSQL Limits") without main's `_lake_*`
# Types that know words such as `now`, and those made of them (manual, "Date/Time Types", "Range Types").
CLOCKED = re.compile(
    r'(?:pg_catalog\.)?"?(?:date|time|timetz|timestamp|timestamptz|(?:date|ts|tstz)(?:multi)?range)(?!\w)',
    re.IGNORECASE,
)
LONGEST_NAME = 63  # bytes of a PostgreSQL identifier (manual, "Identifiers and Key Words")


@dataclass(frozen=True)
class StagedColumn:
    """One column of main with the cell it is made from.

    Attributes:
        name: the column of main.
        type: its type, as the catalog writes it.
        file_column: the column of the file.
        staged_as: the column of staging.
        early: COPY itself casts it.
    """

    name: str
    type: str
    file_column: str
    staged_as: str
    early: bool

    @property
    def is_bytes(self) -> bool:
        """Tell whether this holds binary data, which DMS writes as bare hexadecimal digits."""
        return self.type.strip().lower() == "bytea"

    @property
    def definition(self) -> sql.Composed:
        """The column's definition in staging."""
        staged_type = type_name(self.type) if self.early else sql.SQL("text")
        return sql.SQL("{} {}").format(sql.Identifier(self.staged_as), staged_type)

    @property
    def value(self) -> sql.Composable:
        """The expression that gives main its value."""
        cell = sql.Identifier(self.staged_as)
        if self.early:
            return cell
        if self.is_bytes:
            return sql.SQL("decode(regexp_replace({}, {}, ''), 'hex')").format(cell, sql.Literal(r"^[\\0]x"))
        return sql.SQL("{}::{}").format(cell, type_name(self.type))

    @property
    def castable(self) -> sql.Composed | None:
        """The condition under which `value` cannot fail, or None where COPY has seen to it."""
        cell = sql.Identifier(self.staged_as)
        if self.early:
            return None
        if self.is_bytes:
            digits = sql.Literal(r"^([\\0]x)?([0-9A-Fa-f]{2})*$")
            return sql.SQL("({} ~ {}) IS NOT FALSE").format(cell, digits)
        return sql.SQL("pg_input_is_valid({}, {}) IS NOT FALSE").format(cell, sql.Literal(self.type))


@dataclass(frozen=True)
class StagingPlan:
    """The columns of one load: those of the catalog, then those only the files have."""

    columns: tuple[StagedColumn, ...]
    updates_refused: bool = True

    @cached_property
    def by_file_column(self) -> dict[str, StagedColumn]:
        """The staged column each column of the file goes to."""
        return {column.file_column: column for column in self.columns}

    @property
    def definitions(self) -> list[sql.Composed]:
        """The column definitions of the staging table; a plan with more columns only adds some at the end."""
        return [column.definition for column in self.columns]

    def use(self, file_columns: Iterable[str]) -> Use:
        """Say which columns of a file staging leaves out, and which must not hold words read off the clock.

        Args:
            file_columns: the columns of the file, without the `Op` column.
        """
        clocked = (column.file_column for column in self.columns if CLOCKED.match(column.type.strip()))
        return Use(ignored=frozenset(file_columns) - self.by_file_column.keys(), clocked=frozenset(clocked))

    def castable(self, *, op: bool) -> sql.Composed | None:
        """Give the condition under which a staged record becomes a row of main, or None if every one does.

        Args:
            op: some file has the `Op` column.
        """
        conditions: list[sql.Composable] = [
            condition for column in self.columns if (condition := column.castable) is not None
        ]
        if op and self.updates_refused:
            conditions.append(sql.SQL("coalesce(_lake_op, 'I') = 'I'"))
        return sql.SQL(" AND ").join(conditions) if conditions else None

    def copy_columns(self, file_columns: Iterable[str], *, op: bool) -> sql.Composed:
        """List the staging columns in the order of a file's cells.

        Args:
            file_columns: the columns of the file, in its order, without the `Op` column.
            op: the file's first cell is DMS's `Op`.
        """
        names = ["_lake_op"] if op else []
        names += [self.by_file_column[name].staged_as for name in file_columns if name in self.by_file_column]
        return sql.SQL(", ").join(map(sql.Identifier, names))


def plan_staging(table: Table, extra: Sequence[str], *, soft_copy: bool) -> StagingPlan:
    """Decide how the columns of a table-hour's files pass through staging.

    Args:
        table: the table as the catalog has it.
        extra: columns of the files that the catalog does not name, in file order.
        soft_copy: the server's COPY can leave out a record (PostgreSQL 17 and later).

    Raises:
        LoadError: there are such columns, and the table says `new_columns: fail`.
    """
    if extra and table.new_columns == "fail":
        raise LoadError(
            f"{table.qualified}: the files have columns the catalog does not name: {', '.join(extra)}. "
            "Add them to the catalog, or set new_columns to add or ignore."
        )
    columns = [
        StagedColumn(
            name=column.name,
            type=column.type,
            file_column=column.file_column,
            staged_as=f"c{number}",
            early=soft_copy and column.type.strip().lower() != "bytea",
        )
        for number, column in enumerate(table.columns, 1)
    ]
    if table.new_columns == "ignore":
        return StagingPlan(tuple(columns))
    if len(columns) + len(extra) > MOST_COLUMNS:
        raise LoadError(
            f"{table.qualified}: {len(columns) + len(extra)} columns with those that only the files have, "
            f"and a table can have {MOST_COLUMNS} beside ours. Name the columns that are needed in the "
            "catalog, and set `new_columns: ignore`."
        )
    for file_column in extra:
        name = _name_new_column(file_column, {column.name for column in columns})
        staged_as = f"c{len(columns) + 1}"
        columns.append(StagedColumn(name, "text", file_column, staged_as, early=soft_copy))
    return StagingPlan(tuple(columns))


def _name_new_column(file_column: str, taken: set[str]) -> str:
    """Make a name PostgreSQL can hold for a column that only the file names."""
    wanted = file_column if file_column and not file_column.startswith("_lake_") else f"column{file_column}"
    for number in range(1, len(taken) + 2):
        suffix = "" if number == 1 else f"_{number}"
        room = LONGEST_NAME - len(suffix)
        name = wanted.replace("\0", "").encode()[:room].decode(errors="ignore") + suffix
        if name not in taken:
            return name
    raise AssertionError("more names were tried than are taken")
