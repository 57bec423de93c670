"""A user's function between staging and main: `transform: module:function`, a DataFrame in and one out.

It is called once for each chunk of one file's good records, with every column of the catalog in its type.
What it gives is kept as text in a temporary table, from which it is cast into main. What dtype holds which
type belongs to `load.frames.values`; the rows of a table without a transform go straight from staging to
main.
"""

import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import psycopg
from psycopg import sql

from lake_assets.catalog.models import Table
from lake_assets.exceptions import LoadError, WarehouseError
from lake_assets.hours import format_hour
from lake_assets.load.frames.columns import Columns, columns_of
from lake_assets.load.frames.values import dtype_of, frame_of, postgres_type, rows_of
from lake_assets.load.main_rows import MainHour
from lake_assets.load.main_tables import list_columns, main_table
from lake_assets.load.staging.allowed_losses import count_losses
from lake_assets.load.staging.cast_losses import KnownType
from lake_assets.load.staging.document_expressions import ServerType, nothing, resolve_types
from lake_assets.load.staging.document_rejects import DocumentRejects, Place
from lake_assets.load.staging.documents import EVERYTHING
from lake_assets.load.staging.losses import know_types
from lake_assets.load.staging.savepoints import Refused, savepoint
from lake_assets.load.staging.staging import CopiedFile, Staging
from lake_assets.load.tally import FileTally
from lake_assets.postgres import statement
from lake_assets.states.facts import Fact

ROWS = 10_000  # records in a chunk: a few dozen megabytes as Python objects
RECORD = "_lake_record"
MASKED_FLOATS: Mapping[str, type[np.floating[Any]]] = {"float32": np.float32, "float64": np.float64}

Function = Callable[[pd.DataFrame], Any]
Numbers = npt.NDArray[np.int64]


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
class Transformed:
    """What a transform gives for one table-hour; of it the rows of main are made (`load.main_rows`).

    Attributes:
        main: the table-hour.
        staging: the staging that its records come from.
        types: the type of each column given so far, by name.
        added: those of them that the catalog does not name.
        orphans: rows that belong to no record.
        lost: some rows do not say which record they are of.
    """

    main: MainHour
    staging: Staging
    types: dict[str, str] = field(default_factory=dict)
    added: dict[str, str] = field(default_factory=dict)
    orphans: int = 0
    lost: bool = False
    _known: dict[str, ServerType] = field(default_factory=dict)

    def apply(self, tallies: Sequence[FileTally]) -> list[FileTally]:
        """Call the transform for every chunk of every file, and keep what it gives and main can take.

        Args:
            tallies: the files, in the order of their ordinals.

        Returns:
            The same files, with what the transform did with their records.

        Raises:
            LoadError: the transform raised, or gave something that is no table of main.
        """
        tallies = self.run(tallies)
        tallies = self._set_aside(tallies)
        if self.table.children:
            self._take_out_filtered()
        return tallies

    def run(self, tallies: Sequence[FileTally]) -> list[FileTally]:
        """Call the transform for every chunk of every file, and keep what it gives.

        Raises:
            LoadError: the transform raised, or gave something that is no table of main.
        """
        function = find_function(self.table)
        self.connection.execute(statement(__package__, "create_changed"))
        for column in self.staging.plan.columns:
            self._add_column(column.name, column.type)
        return [self._run_file(function, tally) for tally in tallies]

    @property
    def connection(self) -> psycopg.Connection:
        """The session of the load."""
        return self.main.connection

    @property
    def table(self) -> Table:
        """The table as the catalog has it."""
        return self.main.table

    @property
    def columns(self) -> dict[str, sql.Composable]:
        """The expression of each column of main, by the column's name."""
        columns: dict[str, sql.Composable] = {}
        for name, declared in self.types.items():
            base = sql.SQL(self._type(declared).base)
            columns[name] = sql.SQL("{}::{}").format(self._cell(name), base)
        return columns

    def rows(self, within: sql.Composable = EVERYTHING) -> sql.Composable:
        """Return what rows are selected from that go into main; all of it, whatever is wanted."""
        del within
        return sql.Identifier("lake_assets_changed")

    def index(self) -> None:
        """Let the rows of single records be found fast, for they are about to be asked for."""
        self.connection.execute(statement(__package__, "index_changed"))

    def drop_rejected(self, files: Sequence[CopiedFile], counts: Mapping[int, int]) -> dict[int, int]:
        """Drop the rows of all records of files that were set aside.

        Args:
            files: the files, in the order of their ordinals.
            counts: how many records were just set aside, by the file's ordinal.

        Returns:
            How many rows that were, by the file's ordinal; of a file without any, its count.
        """
        keys = {"keys": [file.key for file in files]}
        dropped = self.connection.execute(statement(__package__, "take_out_changed"), keys)
        return dict(counts) | dict(dropped.fetchall())

    def blame_orphans(self, error: Exception) -> None:
        """Raise an error that names the orphans, if any: all else that could be refused is set aside.

        Raises:
            LoadError: there are rows that belong to no record.
        """
        if self.orphans:
            raise LoadError(
                f"{self._hour}: the transform {self.table.transform} gave "
                f"{self.orphans} rows that belong to no record, and the warehouse refuses one: "
                f"{str(error).strip()}\nRows keep their record where they keep the index of the DataFrame."
            ) from error

    @property
    def _hour(self) -> str:
        """How errors name the table-hour."""
        return f"{self.table.qualified} {format_hour(self.main.hour)}"

    def _set_aside(self, tallies: Sequence[FileTally]) -> list[FileTally]:
        """Set records aside of which the transform gave a value that main cannot take.

        Raises:
            LoadError: such a value stands in a row that belongs to no record.
        """
        losing = know_types(self.connection, self.types.values(), self.table.files.dates)
        places = [
            self._place(name, type_, losing.get(type_))
            for name, type_ in self.types.items()
            if type_ != "text"
        ]
        files = [tally.copied for tally in tallies]
        rejects = DocumentRejects(self.staging)
        try:
            with savepoint(self.connection):
                counts = rejects.set_aside_of(self.rows(), places, files)
        except Refused:
            return list(tallies)  # a type that cannot even be asked; the INSERT finds its records
        if not any(counts):
            return list(tallies)
        rejected = {file.ordinal: count for file, count in zip(files, counts, strict=True)}
        dropped = self.drop_rejected(files, rejected)
        without = []
        for tally in tallies:
            ordinal = tally.copied.ordinal
            without.append(tally.without(records=rejected[ordinal], rows=dropped[ordinal]))
        return without

    def _place(self, name: str, declared: str, losing: KnownType | None) -> Place:
        """Return how a column's values are judged; `losing` is what its type can lose of them."""
        cell = self._cell(name)
        fits = sql.SQL("coalesce(pg_input_is_valid({}, {}), true)").format(cell, sql.Literal(declared))
        loss = nothing()
        if losing is not None:
            loss = losing.quick_loss(cell, soft=True)
            if self.staging.lossy == "quarantine":
                fits = sql.SQL("({} AND {} IS NULL)").format(fits, loss)
        return Place(
            name=name,
            type=declared,
            title=f"what the transform {self.table.transform} gave",
            fits=fits,
            found=sql.SQL("NULL::text"),
            value=cell,
            given=cell,
            loss=loss,
        )

    def allowed_losses(self, tallies: Sequence[FileTally]) -> list[Fact]:
        """Return what values that the transform gave lose, where the catalog allows it.

        Args:
            tallies: the files, in the order of their ordinals.
        """
        if self.staging.lossy != "allow":
            return []
        losing = know_types(self.connection, self.types.values(), self.table.files.dates)
        losses: dict[str, sql.Composable] = {}
        for name, declared in self.types.items():
            if declared in losing:
                losses[name] = losing[declared].quick_loss(self._cell(name), soft=True)
        if not losses:
            return []
        files = [tally.copied for tally in tallies]
        return list(count_losses(self.connection, self.rows(), losses, files))

    def _take_out_filtered(self) -> None:
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

    def _run_file(self, function: Function, tally: FileTally) -> FileTally:
        filtered = added = 0
        for frame in self._chunks(tally.copied):
            given = self._call(function, tally.copied, frame)
            records = self._records(frame, given)
            columns = self._columns(given)
            self._keep(tally.copied, columns, records)
            known = len(np.unique(records[records > 0]))
            self.orphans += int(np.count_nonzero(records == 0))
            if self.lost and not known:
                known = min(len(given), len(frame))
            filtered += len(frame) - known
            added += len(given) - known
        return replace(tally, filtered=filtered, added=added)

    def _chunks(self, file: CopiedFile) -> Iterator[pd.DataFrame]:
        """Yield the good records of a file as DataFrames, indexed by their numbers in the file."""
        columns = self.staging.columns
        query = statement(
            __package__,
            "read_chunks",
            values=sql.SQL(", ").join(columns.values()),
            source=self.staging.rows(),
        )
        with self.connection.cursor(name="lake_assets_chunks") as cursor:
            cursor.execute(query, {"ordinal": file.ordinal})
            types = self.connection.adapters.types
            of_columns = (cursor.description or ())[1:]
            dtypes = [dtype_of(types, column.type_code) for column in of_columns]
            while rows := self._fetch(cursor):
                yield _frame(list(columns), dtypes, rows)

    def _fetch(self, cursor: psycopg.ServerCursor[Any]) -> list[tuple[Any, ...]]:
        try:
            return cursor.fetchmany(ROWS)
        except psycopg.DataError as error:
            raise LoadError(
                f"{self.table.qualified}: a value cannot be given to the transform {self.table.transform}: "
                f"{error}. Python's dates go from year 1 to 9999; declare the column as text."
            ) from error

    def _call(self, function: Function, file: CopiedFile, frame: pd.DataFrame) -> pd.DataFrame:
        where = (
            f"{self._hour}: transform {self.table.transform}, "
            f"{file.key} records {frame.index[0]} to {frame.index[-1]}"
        )
        try:
            given = function(frame.copy())
        except Exception as error:  # whatever the user's function raises is the state of this table-hour
            reason = "".join(traceback.format_exception(error)).strip()
            raise LoadError(f"{where}:\n{reason}") from error
        if not isinstance(given, pd.DataFrame):
            raise LoadError(f"{where}: it gave a {type(given).__name__} where a pandas DataFrame is due.")
        return given

    def _records(self, frame: pd.DataFrame, given: pd.DataFrame) -> Numbers:
        """Return the record of each row, 0 where it has none."""
        if given.empty:
            return np.zeros(0, np.int64)
        if _is_numbered_anew(given) and not given.index.equals(frame.index):
            if len(given) == len(frame):
                return frame.index.to_numpy(np.int64)
            return self._no_records(given)
        # Such as that of a groupby: its numbers are not those of records.
        if isinstance(given.index, pd.MultiIndex) or given.index.name not in (None, RECORD):
            return self._no_records(given)
        return _numbers_of(frame, given)

    def _no_records(self, given: pd.DataFrame) -> Numbers:
        """Return that no row says which record it is of."""
        self.lost = True
        return np.zeros(len(given), np.int64)

    def _columns(self, given: pd.DataFrame) -> Columns:
        """Return the columns that go into main, by name; make room for those that nobody named before."""
        with self._naming_transform():
            columns = columns_of(self.table.qualified, given, partition_column=None)
        new = [name for name in columns if name not in self.types]
        if not new:
            return columns
        if self.table.new_columns == "fail":
            raise LoadError(
                f"{self.table.qualified}: the transform {self.table.transform} gives columns the catalog "
                f"does not name: {', '.join(new)}. Add them to the catalog, or set new_columns to add or "
                "ignore."
            )
        if self.table.new_columns == "ignore":
            return {name: values for name, values in columns.items() if name not in new}
        self._add_new(new, columns)
        return columns

    def _add_new(self, names: Sequence[str], columns: Columns) -> None:
        """Make room for columns that nobody named before, in the types that main or their values have."""
        in_main = list_columns(self.connection, main_table(self.table))
        for name in names:
            declared = in_main.get(name) or postgres_type(columns[name]) or "text"
            self.added[name] = declared
            self._add_column(name, declared)

    def _keep(self, file: CopiedFile, columns: Columns, records: Numbers) -> None:
        """Keep what the transform gave for a chunk."""
        if not len(records) or not columns:
            return
        names = [sql.Identifier("_lake_file"), sql.Identifier(RECORD), *map(self._cell, columns)]
        types = {name: self._type(self.types[name]).base for name in columns}
        copy_sql = statement(__package__, "copy_changed", columns=sql.SQL(", ").join(names))
        rows = rows_of(self.table.qualified, columns, types)
        with self.connection.cursor() as cursor, cursor.copy(copy_sql) as copy, self._naming_transform():
            for record, row in zip(records.tolist(), rows, strict=True):
                copy.write_row((file.ordinal, record, *row))

    @contextmanager
    def _naming_transform(self) -> Iterator[None]:
        """Let what is wrong with a DataFrame be told as the transform's fault."""
        try:
            yield
        except WarehouseError as error:
            raise LoadError(f"transform {self.table.transform}: {error}") from error

    def _add_column(self, name: str, declared: str) -> None:
        """Make room for a column."""
        self.types[name] = declared
        add = statement(__package__, "add_changed_column", column=self._cell(name))
        self.connection.execute(add)

    def _cell(self, name: str) -> sql.Identifier:
        place = list(self.types).index(name)
        return sql.Identifier(f"t{place}")

    def _type(self, declared: str) -> ServerType:
        if declared not in self._known:
            self._known |= resolve_types(self.connection, [declared])
        return self._known[declared]


def _is_numbered_anew(given: pd.DataFrame) -> bool:
    """Return whether the rows have the numbers that pandas gives rows that have none."""
    return isinstance(given.index, pd.RangeIndex) and given.index.equals(pd.RangeIndex(len(given)))


def _numbers_of(frame: pd.DataFrame, given: pd.DataFrame) -> Numbers:
    """Return the record of each row by its index, 0 where the chunk has no such record."""
    of_frame = given.index.isin(frame.index)
    numbers = np.zeros(len(given), np.int64)
    numbers[of_frame] = [int(number) for number in given.index[of_frame]]
    return numbers


def _frame(names: Sequence[str], dtypes: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> pd.DataFrame:
    """Return rows as a chunk; a NaN stays apart from a NULL, which float64 would not hold apart.

    Args:
        names: of the columns.
        dtypes: of the columns.
        rows: the number of each record, then its values.
    """
    columns = dict(zip(names, dtypes, strict=True))
    plain = {name: dtype for name, dtype in columns.items() if dtype not in MASKED_FLOATS}
    places = [place for place, name in enumerate(names, 1) if name in plain]
    frame = frame_of([_pick(row, places) for row in rows], plain)
    for place, (name, dtype) in enumerate(columns.items(), 1):
        if dtype in MASKED_FLOATS:
            values = [row[place] for row in rows]
            frame[name] = _masked_floats(values, MASKED_FLOATS[dtype])
    frame = frame[list(names)]
    frame.index = pd.Index([row[0] for row in rows], dtype="int64", name=RECORD)
    return frame


def _pick(row: tuple[Any, ...], places: Sequence[int]) -> list[Any]:
    return [row[place] for place in places]


def _masked_floats(values: Sequence[float | None], kind: type[np.floating[Any]]) -> "pd.Series[Any]":
    """Return floats with a mask of those that are missing."""
    missing = np.array([value is None for value in values])
    numbers = np.array([0 if value is None else value for value in values], kind)
    return pd.Series(pd.arrays.FloatingArray(numbers, missing))
