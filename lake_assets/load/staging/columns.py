"""How the columns of a file pass through staging into the columns of main.

A cell is cast as early as the server can do it without losing its record: inside COPY on PostgreSQL 17 and
later (`ON_ERROR ignore`), after COPY with `pg_input_is_valid` on PostgreSQL 16. Reading the cells belongs to
`readers`; the table that is made by a plan to `load.staging.staging`; moving rows on to `load.main_rows`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from psycopg import sql

from lake_assets.catalog.models import Column, Table
from lake_assets.catalog.values import LONGEST_NAME, MOST_COLUMNS, OUR_COLUMNS, SYSTEM_COLUMNS
from lake_assets.exceptions import LoadError
from lake_assets.load.staging.cast_losses import KnownType
from lake_assets.load.staging.document_expressions import ALL_KEPT, TEMPORAL_TYPES, Leaf, ServerType
from lake_assets.load.staging.documents import JSON_TYPES, Document, title_of
from lake_assets.load.staging.hexadecimal import hexadecimal_condition, hexadecimal_value
from lake_assets.postgres import type_name
from lake_assets.readers.block_filter import ColumnFilter

NO_TYPES: Mapping[str, ServerType] = {}
DIGEST = 8  # hexadecimal digits that tell apart names which begin alike


def is_bytes(declared: str) -> bool:
    """Return whether a type of the catalog is that of binary data."""
    return declared.strip().lower() == "bytea"


@dataclass(frozen=True)
class StagedColumn:
    """One column of main with the cell it is made from.

    Attributes:
        name: the column of main.
        type: its type, as the catalog writes it.
        file_column: the column of the file.
        staged_as: the column of staging.
        cast_by_copy: COPY itself casts it, so that staging holds the value and not its text.
    """

    name: str
    type: str
    file_column: str
    staged_as: str
    cast_by_copy: bool

    @property
    def is_bytes(self) -> bool:
        """Whether this holds binary data, which DMS writes as bare hexadecimal digits."""
        return is_bytes(self.type)

    @property
    def definition(self) -> sql.Composed:
        """The column's definition in staging."""
        staged_type = type_name(self.type) if self.cast_by_copy else sql.SQL("text")
        return sql.SQL("{} {}").format(sql.Identifier(self.staged_as), staged_type)

    @property
    def value(self) -> sql.Composable:
        """The expression that gives main its value."""
        cell = sql.Identifier(self.staged_as)
        if self.cast_by_copy:
            return cell
        if self.is_bytes:
            return hexadecimal_value(cell)
        return sql.SQL("{}::{}").format(cell, type_name(self.type))

    @property
    def castable(self) -> sql.Composed | None:
        """The condition under which `value` cannot fail, or None where COPY has seen to it."""
        if self.cast_by_copy:
            return None
        cell = sql.Identifier(self.staged_as)
        if self.is_bytes:
            return sql.SQL("({}) IS NOT FALSE").format(hexadecimal_condition(cell))
        return sql.SQL("pg_input_is_valid({}, {}) IS NOT FALSE").format(cell, sql.Literal(self.type))


@dataclass(frozen=True)
class Reading:
    """One way in which a cell of the file is read.

    Attributes:
        column: what a person calls it: the column of main, or the file's where it is only looked into.
        file_column: the column of the file.
        type: the type that reads its text.
        staged_as: the column of staging that holds what was read.
        is_typed: staging holds the value, not its text.
        is_needed: the record is bad if the type cannot read it.
    """

    column: str
    file_column: str
    type: str
    staged_as: str
    is_typed: bool
    is_needed: bool = True

    @classmethod
    def of_cell(cls, cell: StagedColumn) -> "Reading":
        """Return how a cell is read into its own column of staging."""
        return cls(
            column=cell.name,
            file_column=cell.file_column,
            type=cell.type,
            staged_as=cell.staged_as,
            is_typed=cell.cast_by_copy,
            # How binary data is written the type does not know: it would read every text.
            is_needed=not cell.is_bytes,
        )

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
        added: those of `columns` that only the files have.
        ops: the letters of `Op` whose records are taken; one with another is bad.
        known: the types that can lose something of a text, by what is declared.
    """

    columns: tuple[StagedColumn | Leaf, ...]
    cells: tuple[StagedColumn, ...]
    documents: tuple[Document, ...]
    added: tuple[StagedColumn, ...]
    ops: frozenset[str]
    known: Mapping[str, KnownType]

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

    @property
    def values(self) -> dict[str, sql.Composable]:
        """The expression of each column of main, by the column's name."""
        return {column.name: column.value for column in self.columns}

    @cached_property
    def readings(self) -> tuple[Reading, ...]:
        """Every way in which a cell is read: into its column of staging, and as a document."""
        readings = [Reading.of_cell(cell) for cell in self.cells]
        for document in self.documents:
            if document.mended_as:
                reading = Reading(
                    column=document.file_column,
                    file_column=document.file_column,
                    type="jsonb",
                    staged_as=document.mended_as,
                    is_typed=True,
                )
                readings.append(reading)
        return tuple(readings)

    @property
    def definitions(self) -> list[sql.Composed]:
        """The column definitions of the staging table."""
        mended = [document.mended_as for document in self.documents if document.mended_as]
        return [
            *(sql.SQL("{} jsonb").format(sql.Identifier(name)) for name in mended),
            *(cell.definition for cell in self.cells),
        ]

    def use(self, file_columns: Iterable[str]) -> ColumnFilter:
        """Return which columns of a file staging leaves out, and which may hold no words read off the clock.

        Args:
            file_columns: the columns of the file, without the `Op` column.
        """
        temporal = (cell.file_column for cell in self.cells if TEMPORAL_TYPES.match(cell.type.strip()))
        ignored = frozenset(file_columns) - self.by_file_column.keys()
        return ColumnFilter(ignored=ignored, temporal=frozenset(temporal))

    def losing(self, file_columns: Iterable[str]) -> dict[str, KnownType]:
        """Return the types that can lose something of a cell, by columns of a file.

        Args:
            file_columns: the columns of the file, without the `Op` column.
        """
        types = {}
        for name in file_columns:
            cell = self.by_file_column.get(name)
            if cell is not None and cell.type in self.known:
                types[name] = self.known[cell.type]
        return types

    def castable(self, *, op: bool, full_loads: Sequence[int] = (), null: str = "") -> sql.Composed | None:
        """Return the condition under which a staged record is a row of main, or None if every one is.

        Args:
            op: some file has the `Op` column.
            full_loads: the ordinals of full loads that have it, in which it may be empty or NULL.
            null: the text that means NULL.
        """
        parts: tuple[StagedColumn | Document, ...] = (*self.cells, *self.documents)
        conditions = [part.castable for part in parts if part.castable is not None]
        if op:
            conditions.append(self._op_taken(full_loads, null))
        return sql.SQL(" AND ").join(conditions) if conditions else None

    def _op_taken(self, full_loads: Sequence[int], null: str) -> sql.Composed:
        """Return the condition under which the table takes a record by its `Op`."""
        taken = sql.SQL("coalesce(_lake_op, 'I') IN ({})").format(_literals(sorted(self.ops)))
        if not full_loads:
            return taken
        return sql.SQL("({} OR (_lake_op IN ({}) AND _lake_file IN ({})))").format(
            taken, _literals(["", null]), _literals(full_loads)
        )

    def copy_columns(self, file_columns: Iterable[str], *, op: bool) -> sql.Composed:
        """Return the staging columns in the order of a file's cells.

        Args:
            file_columns: the columns of the file, in its order, without the `Op` column.
            op: the file's first cell is DMS's `Op`.
        """
        names = ["_lake_op"] if op else []
        known = [name for name in file_columns if name in self.by_file_column]
        names += [self.by_file_column[name].staged_as for name in known]
        return sql.SQL(", ").join(map(sql.Identifier, names))


def _literals(values: Iterable[str | int]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Literal, values))


def plan_staging(
    table: Table,
    extra: Sequence[str],
    *,
    soft_copy: bool,
    ops: frozenset[str],
    types: Mapping[str, ServerType] = NO_TYPES,
    known: Mapping[str, KnownType] = ALL_KEPT,
) -> StagingPlan:
    """Decide how the columns of a table-hour's files pass through staging.

    Args:
        table: the table as the catalog has it.
        extra: columns of the files that the catalog does not name, in file order.
        soft_copy: the server's COPY can leave out a record (PostgreSQL 17 and later).
        ops: the letters of `Op` whose records are taken.
        types: the types of columns with a path, as the server knows them.
        known: the types that can lose something of a text, by what is declared.

    Raises:
        LoadError: there are such columns, and the table says `new_columns: fail`; or a JSON column that is
            looked into is kept as something else than JSON or text.
    """
    _refuse_new(table, extra)
    cells = _plan_cells(table, soft_copy=soft_copy)
    by_file_column = {cell.file_column: cell for cell in cells}
    documents: dict[str, Document] = {}
    for number, name in enumerate(table.document_columns, 1):
        documents[name] = Document.of(table.qualified, by_file_column[name], number)
    columns: list[StagedColumn | Leaf] = []
    for number, column in enumerate(table.columns, 1):
        if column.path:
            columns.append(_make_leaf(column, column.path, number, documents[column.path[0]], types))
        else:
            columns.append(by_file_column[column.file_column])
    added = _plan_added(table, extra, columns, first_cell=len(cells) + 1, soft_copy=soft_copy)
    return StagingPlan(
        columns=(*columns, *added),
        cells=(*cells, *added),
        documents=tuple(documents.values()),
        added=tuple(added),
        ops=ops,
        known=known,
    )


def _refuse_new(table: Table, extra: Sequence[str]) -> None:
    if extra and table.new_columns == "fail":
        raise LoadError(
            f"{table.qualified}: the files have columns the catalog does not name: {', '.join(extra)}. "
            "Add them to the catalog, or set new_columns to add or ignore."
        )


def _refuse_too_many(table: Table, columns: int) -> None:
    if columns > MOST_COLUMNS:
        raise LoadError(
            f"{table.qualified}: {columns} columns with those that only the files have, and a table can have "
            f"{MOST_COLUMNS} beside ours. Name the columns that are needed in the catalog, and set "
            "`new_columns: ignore`."
        )


def _plan_cells(table: Table, *, soft_copy: bool) -> list[StagedColumn]:
    """Return a column of staging for each column of the file that the catalog names."""
    wanted = [(column.name, column.type, column.file_column) for column in table.columns if not column.path]
    kept = {file_column for _, _, file_column in wanted}
    # What is only looked into becomes no column of main.
    wanted += [(name, "jsonb", name) for name in table.document_columns if name not in kept]
    cells = []
    for number, (name, declared, file_column) in enumerate(wanted, 1):
        cell = StagedColumn(
            name=name,
            type=declared,
            file_column=file_column,
            staged_as=f"c{number}",
            cast_by_copy=soft_copy and not is_bytes(declared),
        )
        cells.append(cell)
    return cells


def _make_leaf(
    column: Column, path: tuple[str, ...], number: int, document: Document, types: Mapping[str, ServerType]
) -> Leaf:
    return Leaf(
        name=column.name,
        type=column.type,
        known=types[column.type],
        document=document.opened,
        path=path[1:],
        node=sql.Identifier(f"n{number}"),
        title=title_of(path),
    )


def _plan_added(
    table: Table,
    extra: Sequence[str],
    columns: Sequence[StagedColumn | Leaf],
    *,
    first_cell: int,
    soft_copy: bool,
) -> list[StagedColumn]:
    """Return the columns that only the files have, where main is to get them."""
    if not extra or table.new_columns != "add":
        return []
    _refuse_too_many(table, len(columns) + len(extra))
    taken = {column.name for column in columns}
    added = []
    for number, file_column in enumerate(extra, first_cell):
        name = _name_new_column(file_column, taken)
        taken.add(name)
        column = StagedColumn(
            name=name,
            type="text",
            file_column=file_column,
            staged_as=f"c{number}",
            cast_by_copy=soft_copy,
        )
        added.append(column)
    return added


def _name_new_column(file_column: str, taken: Collection[str]) -> str:
    """Make a name PostgreSQL can hold for a column that only the file names; the same in every hour."""
    wanted = file_column.replace("\0", "")
    if not wanted or wanted.startswith(OUR_COLUMNS) or wanted in SYSTEM_COLUMNS:
        wanted = f"column_{wanted.lstrip('_')}"
    for number in range(1, len(taken) + 2):
        numbered = wanted if number == 1 else f"{wanted}_{number}"
        name = _cut(numbered)
        if name not in taken:
            return name
    raise AssertionError("more names were tried than are taken")


def _cut(name: str) -> str:
    """Cut a name that is too long; which names were cut alike in an hour must not tell them apart."""
    if len(name.encode()) <= LONGEST_NAME:
        return name
    digest = sha256(name.encode()).hexdigest()[:DIGEST]
    beginning = name.encode()[: LONGEST_NAME - DIGEST - 1].decode(errors="ignore")
    return f"{beginning}_{digest}"
