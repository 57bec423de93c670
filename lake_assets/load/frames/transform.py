"""A user's function between staging and main: `transform: module:function`, a DataFrame in and one out.

It is called once for each chunk of one file's good records, with every column of the catalog in its type.
What it gives is kept as text in a temporary table, from which it is cast into main. What dtype holds which
type belongs to `load.frames.values`; the rows of a table without a transform go straight from staging to
main.
"""

import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd
import psycopg
from psycopg import sql

from lake_assets.catalog.models import Table
from lake_assets.exceptions import LoadError, WarehouseError
from lake_assets.load.frames.values import Columns, columns_of, dtype_of, frame_of, postgres_type, rows_of
from lake_assets.load.main_tables import list_columns
from lake_assets.load.staging.columns import StagingPlan
from lake_assets.load.staging.document_expressions import ServerType, resolve_types
from lake_assets.load.staging.document_rejects import DocumentRejects, Place
from lake_assets.load.staging.documents import opened_staging
from lake_assets.load.staging.file_copy import StagedFile
from lake_assets.load.staging.savepoints import Refusal, attempt
from lake_assets.postgres import statement

ROWS = 10_000  # records in a chunk: a few dozen megabytes as Python objects
RECORD = "_lake_record"
MASKED_FLOATS = {"float32": (np.float32, "Float32"), "float64": (np.float64, "Float64")}

Function = Callable[[pd.DataFrame], Any]


def find_function(table: Table) -> Function:
    """Import a table's transform.

    Raises:
        LoadError: there is no such module or function.
    """
    reference = str(table.transform)
    module, _, name = reference.partition(":")
    remedy = "Its folder must be on Python's path: install its package beside lake_assets, or set PYTHONPATH."
    try:
        found = getattr(import_module(module), name, None)
    except Exception as error:  # a module of the user's may raise anything while it is imported
        reason = "".join(traceback.format_exception(error)).strip()
        raise LoadError(
            f"{table.qualified}: transform {reference}: the module {module} cannot be "
            f"imported. {remedy}\n{reason}"
        ) from error
    if not callable(found):
        raise LoadError(
            f"{table.qualified}: transform {reference}: the module {module} has no function {name}. "
            "Correct `transform:` in the catalog."
        )
    return found  # type: ignore[no-any-return] # whatever it gives is looked at


@dataclass
class Tally:
    """What a transform did with the good records of one file.

    Attributes:
        filtered: records it gave no row for.
        added: rows beyond one for each record.
        quarantined: records with a value that main cannot take.
    """

    filtered: int = 0
    added: int = 0
    quarantined: int = 0


@dataclass
class Transformed:
    """What a transform gives for one table-hour.

    Attributes:
        connection: the session that holds staging.
        table: the table as the catalog has it.
        plan: the staging table's columns.
        hour: how errors name the table-hour.
        columns: the type of each column given so far, by name.
        added: those of them that the catalog does not name.
        orphans: rows that belong to no record.
        lost: some rows do not say which record they are of.
    """

    connection: psycopg.Connection
    table: Table
    plan: StagingPlan
    hour: str
    columns: dict[str, str] = field(default_factory=dict)
    added: dict[str, str] = field(default_factory=dict)
    orphans: int = 0
    lost: bool = False
    _known: dict[str, ServerType] = field(default_factory=dict)

    def apply(self, misfits: DocumentRejects, staged: Sequence[StagedFile]) -> list[Tally]:
        """Call the transform for every chunk of every file, and keep what it gives and main can take.

        Args:
            misfits: what sets records aside.
            staged: the files, in the order of their ordinals.

        Raises:
            LoadError: the transform raised, or gave something that is no table of main.
        """
        tallies = self.run(staged)
        self.take_out_misfits(misfits, staged, tallies)
        if self.table.children:
            self.take_out_filtered()
        return tallies

    def run(self, staged: Sequence[StagedFile]) -> list[Tally]:
        """Call the transform for every chunk of every file, and keep what it gives.

        Raises:
            LoadError: the transform raised, or gave something that is no table of main.
        """
        function = find_function(self.table)
        self.connection.execute(statement(__package__, "create_changed"))
        for column in self.plan.columns:
            self._make_room(column.name, column.type)
        return [self._run_file(function, file) for file in staged]

    @property
    def source(self) -> sql.Composable:
        """What rows are selected from that go into main."""
        return sql.Identifier("lake_assets_changed")

    @property
    def values(self) -> dict[str, sql.Composable]:
        """The expression of each column of main."""
        return {
            name: sql.SQL("{}::{}").format(self._cell(name), sql.SQL(self._type(declared).base))
            for name, declared in self.columns.items()
        }

    def take_out_misfits(
        self, misfits: DocumentRejects, staged: Sequence[StagedFile], tallies: Sequence[Tally]
    ) -> None:
        """Set records aside of which the transform gave a value that main cannot take.

        Raises:
            LoadError: such a value stands in a row that belongs to no record.
        """
        title = f"what the transform {self.table.transform} gave"
        places = [
            Place(
                name,
                declared,
                title,
                fits=sql.SQL("coalesce(pg_input_is_valid({}, {}), true)").format(
                    self._cell(name), sql.Literal(declared)
                ),
                found=sql.SQL("NULL::text"),
                value=self._cell(name),
                given=self._cell(name),
            )
            for name, declared in self.columns.items()
            if declared != "text"
        ]
        counts = attempt(self.connection, lambda: misfits.take_out_of(self.source, places, staged))
        if isinstance(counts, Refusal) or not any(counts):
            return  # a type that cannot even be asked; the INSERT finds its records
        gone = self.take_out_rejects(staged)
        for file, tally, count in zip(staged, tallies, counts, strict=True):
            tally.quarantined += count
            tally.added -= gone.get(file.ordinal, count) - count

    def take_out_rejects(self, staged: Sequence[StagedFile]) -> dict[int, int]:
        """Drop the rows of records that were set aside; give how many these are, by the file's ordinal."""
        keys = {"keys": [file.file.key for file in staged]}
        return dict(self.connection.execute(statement(__package__, "take_out_changed"), keys).fetchall())

    def index(self) -> None:
        """Let the rows of single records be found fast, for they are about to be asked for."""
        self.connection.execute(statement(__package__, "index_changed"))

    def take_out_filtered(self) -> None:
        """Take the records that were dropped out of staging, so that child tables do without them.

        Raises:
            LoadError: rows do not say which record they are of.
        """
        if self.lost:
            raise LoadError(
                f"{self.table.qualified} has child tables, and its transform {self.table.transform} gives "
                "rows with another index than that of the DataFrame it was given, so that nobody can tell "
                "which records it dropped. Keep the index."
            )
        self.connection.execute(statement(__package__, "take_out_filtered"))

    def _run_file(self, function: Function, staged: StagedFile) -> Tally:
        tally = Tally()
        for frame in self._chunks(staged):
            given = self._call(function, staged, frame)
            records = self._records(frame, given)
            columns = self._columns(given)
            self._keep(staged, columns, records)
            known = len(np.unique(records[records > 0]))
            self.orphans += int(np.count_nonzero(records == 0))
            if self.lost and not known:
                known = min(len(given), len(frame))
            tally.filtered += len(frame) - known
            tally.added += len(given) - known
        return tally

    def _chunks(self, staged: StagedFile) -> Iterator[pd.DataFrame]:
        """Read the good records of a file as DataFrames, indexed by their numbers in the file."""
        names = [column.name for column in self.plan.columns]
        query = statement(
            __package__,
            "read_chunks",
            values=sql.SQL(", ").join(column.value for column in self.plan.columns),
            source=opened_staging(self.plan.documents, self.plan.nodes),
        )
        with self.connection.cursor(name="lake_assets_chunks") as cursor:
            cursor.execute(query, {"ordinal": staged.ordinal})
            types = self.connection.adapters.types
            dtypes = [dtype_of(types, column.type_code) for column in (cursor.description or ())[1:]]
            while rows := self._fetch(cursor):
                yield _frame(names, dtypes, rows)

    def _fetch(self, cursor: psycopg.ServerCursor[Any]) -> list[tuple[Any, ...]]:
        try:
            return cursor.fetchmany(ROWS)
        except psycopg.DataError as error:
            raise LoadError(
                f"{self.table.qualified}: a value cannot be given to the transform {self.table.transform}: "
                f"{error}. Python's dates go from year 1 to 9999; declare the column as text."
            ) from error

    def _call(self, function: Function, staged: StagedFile, frame: pd.DataFrame) -> pd.DataFrame:
        where = (
            f"{self.table.qualified} {self.hour}: transform {self.table.transform}, "
            f"{staged.file.key} records {frame.index[0]} to {frame.index[-1]}"
        )
        try:
            given = function(frame.copy())
        except Exception as error:  # whatever the user's function raises is the state of this table-hour
            reason = "".join(traceback.format_exception(error)).strip()
            raise LoadError(f"{where}:\n{reason}") from error
        if not isinstance(given, pd.DataFrame):
            raise LoadError(f"{where}: it gave a {type(given).__name__} where a pandas DataFrame is due.")
        return given

    def _records(self, frame: pd.DataFrame, given: pd.DataFrame) -> "np.ndarray[Any, np.dtype[np.int64]]":
        """Give the record of each row, 0 where it has none."""
        anew = isinstance(given.index, pd.RangeIndex) and given.index.equals(pd.RangeIndex(len(given)))
        if anew and not given.empty and not given.index.equals(frame.index):
            if len(given) == len(frame):
                return frame.index.to_numpy(np.int64)
            self.lost = True
            return np.zeros(len(given), np.int64)
        # Such as that of a groupby: its numbers are not those of records.
        if isinstance(given.index, pd.MultiIndex) or given.index.name not in (None, RECORD):
            self.lost = self.lost or not given.empty
            return np.zeros(len(given), np.int64)
        known = given.index.isin(frame.index)
        return np.array(
            [int(each) if of_frame else 0 for each, of_frame in zip(given.index, known, strict=True)],
            np.int64,
        )

    def _columns(self, given: pd.DataFrame) -> Columns:
        """Give the columns that go into main, by name; make room for those that nobody named before."""
        try:
            columns = columns_of(self.table.qualified, given, partition_column=None)
        except WarehouseError as error:
            raise LoadError(f"transform {self.table.transform}: {error}") from error
        new = [name for name in columns if name not in self.columns]
        if new and self.table.new_columns == "fail":
            raise LoadError(
                f"{self.table.qualified}: the transform {self.table.transform} gives columns the catalog "
                f"does not name: {', '.join(new)}. Add them to the catalog, or set new_columns to add or "
                "ignore."
            )
        if new and self.table.new_columns == "ignore":
            return {name: values for name, values in columns.items() if name not in new}
        there = dict(list_columns(self.connection, self.table)) if new else {}
        for name in new:
            declared = there.get(name) or postgres_type(columns[name]) or "text"
            self.added[name] = declared
            self._make_room(name, declared)
        return columns

    def _keep(
        self, staged: StagedFile, columns: Columns, records: "np.ndarray[Any, np.dtype[np.int64]]"
    ) -> None:
        if not len(records) or not columns:
            return
        names = [sql.Identifier("_lake_file"), sql.Identifier(RECORD), *map(self._cell, columns)]
        types = {name: self._type(self.columns[name]).base for name in columns}
        copy_sql = statement(__package__, "copy_changed", columns=sql.SQL(", ").join(names))
        with self.connection.cursor() as cursor, cursor.copy(copy_sql) as copy:
            try:
                for record, row in zip(
                    records.tolist(), rows_of(self.table.qualified, columns, types), strict=True
                ):
                    copy.write_row((staged.ordinal, record, *row))
            except WarehouseError as error:
                raise LoadError(f"transform {self.table.transform}: {error}") from error

    def _make_room(self, name: str, declared: str) -> None:
        self.columns[name] = declared
        column = statement(__package__, "add_changed_column", column=self._cell(name))
        self.connection.execute(column)

    def _cell(self, name: str) -> sql.Identifier:
        return sql.Identifier(f"t{list(self.columns).index(name)}")

    def _type(self, declared: str) -> ServerType:
        if declared not in self._known:
            self._known |= resolve_types(self.connection, [declared])
        return self._known[declared]


def _frame(names: Sequence[str], dtypes: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> pd.DataFrame:
    """Make a chunk of rows; a NaN stays apart from a NULL, which float64 would not hold apart."""
    columns: Mapping[str, str] = dict(zip(names, dtypes, strict=True))
    plain = {name: dtype for name, dtype in columns.items() if dtype not in MASKED_FLOATS}
    places = [place for place, name in enumerate(names, 1) if name in plain]
    frame = frame_of([[row[place] for place in places] for row in rows], plain)
    for place, (name, dtype) in enumerate(columns.items(), 1):
        if dtype in MASKED_FLOATS:
            values = [row[place] for row in rows]
            missing = np.array([value is None for value in values])
            numbers = np.array([0 if value is None else value for value in values], MASKED_FLOATS[dtype][0])
            frame[name] = pd.Series(pd.arrays.FloatingArray(numbers, missing))
    frame = frame[list(names)]
    frame.index = pd.Index([row[0] for row in rows], dtype="int64", name=RECORD)
    return frame
