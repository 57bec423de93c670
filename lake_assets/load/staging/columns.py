"""How the columns of a file pass through staging into the columns of main.

A cell is cast as early as the server can do it without losing its record: inside COPY on PostgreSQL 17 and
later (`ON_ERROR ignore`), after COPY with `pg_input_is_valid` on PostgreSQL 16. Reading the cells belongs to
`lake`; moving rows to `main`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from psycopg import sql

from lake_assets.catalog.models import Column, Table
from lake_assets.catalog.values import LONGEST_NAME, OUR_COLUMNS, SYSTEM_COLUMNS
from lake_assets.exceptions import LoadError
from lake_assets.load.staging.document_expressions import CLOCKED, Leaf, ServerType
from lake_assets.load.staging.documents import JSON_TYPES, Document, title_of
from lake_assets.postgres import type_name
from lake_assets.readers.block_filter import ColumnFilter

MOST_COLUMNS = 1597  # a table's 1600 (manual, "PostgreSQL Limits") without main's `_lake_*`
NO_TYPES: Mapping[str, ServerType] = {}
HIDDEN = "\0"
DIGEST = 8  # hexadecimal digits that tell apart names which begin alike


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
class Reading:
    """One way in which a cell of the file is read.

    Attributes:
        column: what a person calls it: the column of main, or the file's where it is only looked into.
        file_column: the column of the file.
        type: the type that reads its text.
        staged_as: the column of staging that holds what was read.
        early: staging holds the value, not its text.
        needed: the record is bad if the type cannot read it.
    """

    column: str
    file_column: str
    type: str
    staged_as: str
    early: bool
    needed: bool = True

    @property
    def is_jsonb(self) -> bool:
        """Whether `jsonb` reads it, which refuses more than `json` does."""
        return self.type.strip().lower() == "jsonb"

    @property
    def is_json(self) -> bool:
        """Whether it is read as JSON."""
        return self.type.strip().lower() in JSON_TYPES


@dataclass(frozen=True)
class StagingPlan:
    """The columns of one load: those of the catalog, then those only the files have.

    Attributes:
        columns: the columns of main, each with the expression of its value.
        cells: the columns of staging that hold a cell of the file.
        documents: the JSON columns of the file that are looked into.
        updates_refused: a record whose `Op` is not I is bad.
    """

    columns: tuple[StagedColumn | Leaf, ...]
    cells: tuple[StagedColumn, ...]
    documents: tuple[Document, ...] = ()
    updates_refused: bool = True

    @cached_property
    def by_file_column(self) -> dict[str, StagedColumn]:
        """The staged column each column of the file goes to."""
        return {cell.file_column: cell for cell in self.cells}

    @cached_property
    def leaves(self) -> tuple[Leaf, ...]:
        """The columns that are made of places inside documents."""
        return tuple(column for column in self.columns if isinstance(column, Leaf))

    @property
    def nodes(self) -> list[sql.Composed]:
        """What main wants taken out of documents."""
        return [leaf.for_main for leaf in self.leaves]

    @cached_property
    def readings(self) -> tuple[Reading, ...]:
        """Every way in which a cell is read: into its column of staging, and as a document."""
        cells = [
            Reading(cell.name, cell.file_column, cell.type, cell.staged_as, cell.early, not cell.is_bytes)
            for cell in self.cells
        ]
        documents = [
            Reading(document.file_column, document.file_column, "jsonb", document.mended_as, early=True)
            for document in self.documents
            if document.mended_as
        ]
        return (*cells, *documents)

    @property
    def definitions(self) -> list[sql.Composed]:
        """The column definitions of the staging table; a plan with more columns only adds some at the end."""
        mended = [
            sql.SQL("{} jsonb").format(sql.Identifier(document.mended_as))
            for document in self.documents
            if document.mended_as
        ]
        return [*mended, *(cell.definition for cell in self.cells)]

    def use(self, file_columns: Iterable[str]) -> ColumnFilter:
        """Say which columns of a file staging leaves out, and which must not hold words read off the clock.

        Args:
            file_columns: the columns of the file, without the `Op` column.
        """
        clocked = (cell.file_column for cell in self.cells if CLOCKED.match(cell.type.strip()))
        ignored = frozenset(file_columns) - self.by_file_column.keys()
        return ColumnFilter(ignored=ignored, clocked=frozenset(clocked))

    def castable(self, *, op: bool) -> sql.Composed | None:
        """Give the condition under which a staged record becomes a row of main, or None if every one does.

        Args:
            op: some file has the `Op` column.
        """
        parts: tuple[StagedColumn | Document, ...] = (*self.cells, *self.documents)
        conditions = [condition for part in parts if (condition := part.castable) is not None]
        if op and self.updates_refused:
            conditions.append(sql.SQL("coalesce(_lake_op, 'I') = 'I'").format())
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


def plan_staging(
    table: Table, extra: Sequence[str], *, soft_copy: bool, types: Mapping[str, ServerType] = NO_TYPES
) -> StagingPlan:
    """Decide how the columns of a table-hour's files pass through staging.

    Args:
        table: the table as the catalog has it.
        extra: columns of the files that the catalog does not name, in file order.
        soft_copy: the server's COPY can leave out a record (PostgreSQL 17 and later).
        types: the types of columns with a path, as the server knows them.

    Raises:
        LoadError: there are such columns, and the table says `new_columns: fail`; or a JSON column that is
            looked into is kept as something else than JSON or text.
    """
    if extra and table.new_columns == "fail":
        raise LoadError(
            f"{table.qualified}: the files have columns the catalog does not name: {', '.join(extra)}. "
            "Add them to the catalog, or set new_columns to add or ignore."
        )
    cells = _plan_cells(table, soft_copy=soft_copy)
    by_file_column = {cell.file_column: cell for cell in cells.values()}
    documents = {
        name: Document.of(table.qualified, by_file_column[name], number)
        for number, name in enumerate(table.document_columns, 1)
    }
    columns = [
        _make_leaf(column, number, documents[column.path[0]], types) if column.path else cells[column.name]
        for number, column in enumerate(table.columns, 1)
    ]
    added: list[StagedColumn] = []
    for file_column in extra if table.new_columns == "add" else ():
        name = _name_new_column(file_column, {column.name for column in (*columns, *added)})
        staged_as = f"c{len(cells) + len(added) + 1}"
        added.append(StagedColumn(name, "text", file_column, staged_as, early=soft_copy))
    if added:
        _refuse_too_many(table, len(columns) + len(added))
    return StagingPlan((*columns, *added), (*cells.values(), *added), tuple(documents.values()))


def _refuse_too_many(table: Table, columns: int) -> None:
    if columns > MOST_COLUMNS:
        raise LoadError(
            f"{table.qualified}: {columns} columns with those that only the files have, and a table can have "
            f"{MOST_COLUMNS} beside ours. Name the columns that are needed in the catalog, and set "
            "`new_columns: ignore`."
        )


def _plan_cells(table: Table, *, soft_copy: bool) -> dict[str, StagedColumn]:
    """Give each column of the file that the catalog names a column of staging."""
    whole = [(column.name, column.type, column.file_column) for column in table.columns if not column.path]
    kept = {file_column for _, _, file_column in whole}
    opened = [(name, "jsonb", name) for name in table.document_columns if name not in kept]
    return {
        # What is only looked into is no column of main, and shares no name with one.
        (name if file_column in kept else f"{HIDDEN}{name}"): StagedColumn(
            name,
            declared,
            file_column,
            staged_as=f"c{number}",
            early=soft_copy and declared.strip().lower() != "bytea",
        )
        for number, (name, declared, file_column) in enumerate([*whole, *opened], 1)
    }


def _make_leaf(column: Column, number: int, document: Document, types: Mapping[str, ServerType]) -> Leaf:
    path = column.path or ()
    return Leaf(
        column.name,
        column.type,
        types[column.type],
        document.opened,
        path[1:],
        sql.Identifier(f"n{number}"),
        title_of(path),
    )


def _name_new_column(file_column: str, taken: set[str]) -> str:
    """Make a name PostgreSQL can hold for a column that only the file names; the same in every hour."""
    wanted = file_column.replace("\0", "")
    if not wanted or wanted.startswith(OUR_COLUMNS) or wanted in SYSTEM_COLUMNS:
        wanted = f"column_{wanted.lstrip('_')}"
    for number in range(1, len(taken) + 2):
        name = _cut(wanted if number == 1 else f"{wanted}_{number}")
        if name not in taken:
            return name
    raise AssertionError("more names were tried than are taken")


def _cut(name: str) -> str:
    """Cut a name that is too long; which names were cut alike in an hour must not tell them apart."""
    if len(name.encode()) <= LONGEST_NAME:
        return name
    digest = sha256(name.encode()).hexdigest()[:DIGEST]
    return f"{name.encode()[: LONGEST_NAME - DIGEST - 1].decode(errors='ignore')}_{digest}"
