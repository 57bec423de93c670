"""The rows of one table-hour in main and its child tables: taken out, and put in from staging.

Which of these steps a load takes, and in what order, belongs to `load.modes`; the tables themselves to
`load.main_tables`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import psycopg
from psycopg import sql

from lake_assets.catalog.models import Table
from lake_assets.exceptions import CountMismatch
from lake_assets.hours import format_hour
from lake_assets.load.child_rows import ChildRows, child_tables
from lake_assets.load.main_tables import main_table
from lake_assets.load.meddlers import blame, count_hour, list_meddlers
from lake_assets.load.staging.documents import EVERYTHING
from lake_assets.load.staging.staging import CopiedFile
from lake_assets.postgres import statement
from lake_assets.states.records import LedgerFile

THIS_HOUR = sql.SQL("=")
UNTIL_THIS_HOUR = sql.SQL("<=")


class RowSource(Protocol):
    """What rows of main are made of: staging itself, or what a transform gave."""

    @property
    def columns(self) -> Mapping[str, sql.Composable]:
        """The expression of each column of main, by the column's name."""

    def rows(self, within: sql.Composable = ...) -> sql.Composable:
        """Return what the rows are selected from, where `within` is true."""

    def index(self) -> None:
        """Let the rows of single records be found fast."""

    def drop_rejected(self, files: Sequence[CopiedFile], counts: Mapping[int, int]) -> Mapping[int, int]:
        """Drop the rows of records that were just set aside.

        Args:
            files: the files.
            counts: how many records were set aside, by the file's ordinal.

        Returns:
            How many rows that were, by the file's ordinal.
        """


@dataclass(frozen=True)
class MainHour:
    """One hour of a table in main.

    Attributes:
        connection: the session, in a transaction.
        table: the table.
        hour: the hour (UTC).
        kept: the ids of files whose rows stay, though the lake has them no longer.
        moved: files of other hours that this one has taken over: their rows go with the hour's own.
    """

    connection: psycopg.Connection
    table: Table
    hour: datetime
    kept: Sequence[int] = ()
    moved: Sequence[LedgerFile] = ()

    def delete(self) -> None:
        """Delete the hour's rows of main and of child tables.

        Raises:
            CountMismatch: some are there still.
        """
        self._delete(THIS_HOUR)

    def delete_until(self) -> None:
        """Delete the rows of the hour and of all hours before it, of main and of child tables.

        Raises:
            CountMismatch: some are there still.
        """
        self._delete(UNTIL_THIS_HOUR)

    def _delete(self, which: sql.Composable) -> None:
        for table in (self.table, *child_tables(self.table)):
            main = main_table(table)
            of_hour = {"hour": self.hour, "kept": list(self.kept), "file_id": None}
            self._delete_rows(main, table, which, of_hour)
            for file in self.moved:
                of_file = {"hour": file.hour, "kept": [], "file_id": file.id}
                self._delete_rows(main, table, THIS_HOUR, of_file)

    def _delete_rows(
        self, main: sql.Identifier, table: Table, which: sql.Composable, values: Mapping[str, object]
    ) -> None:
        """Delete rows, and see that they are gone, where something may keep them."""
        delete = statement(__package__, "delete_rows", main=main, which=which)
        self.connection.execute(delete, values)
        meddlers = list_meddlers(self.connection, main)
        if not meddlers:
            return
        look = statement(__package__, "has_rows", main=main, which=which)
        row = self.connection.execute(look, values).fetchone()
        if row and row[0]:
            raise CountMismatch(
                f"{table.schema_name}.{table.name} {format_hour(self.hour)}: rows are there still after they "
                f"were deleted{blame(meddlers)}. Nothing was changed."
            )

    def require(self, due: Mapping[int, int]) -> None:
        """See that main has so many rows of the hour by file id and no others, where something may meddle.

        Rows of files that are kept count for themselves.

        Raises:
            CountMismatch: it has others.
        """
        main = main_table(self.table)
        meddlers = list_meddlers(self.connection, main)
        if not meddlers:
            return
        there = count_hour(self.connection, main, self.hour)
        for file_id in self.kept:
            there.pop(file_id, None)
        if there != due:
            raise CountMismatch(
                f"{self.table.qualified} {format_hour(self.hour)}: main has {sum(there.values())} rows of "
                f"the hour after {sum(due.values())} were put in{blame(meddlers)}. Nothing was changed."
            )


@dataclass(frozen=True)
class StagedRows:
    """The rows of one hour on their way into main.

    Attributes:
        main: the hour in main.
        source: what the rows are made of.
        child_rows: the rows of child tables.
    """

    main: MainHour
    source: RowSource
    child_rows: ChildRows

    @property
    def column_names(self) -> dict[str, list[str]]:
        """The columns that the table and its child tables are given, by table."""
        return {self.main.table.name: list(self.source.columns), **self.child_rows.column_names}

    def insert(self, ids: Sequence[int], within: sql.Composable = EVERYTHING) -> int:
        """Insert rows into main.

        Args:
            ids: the ids of the files in the ledger, in the order of their ordinals.
            within: the condition of the records whose rows are inserted.

        Returns:
            How many rows were inserted.
        """
        columns = self.source.columns
        insert = statement(
            __package__,
            "insert_hour",
            main=main_table(self.main.table),
            columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
            values=sql.SQL(", ").join(columns.values()),
            source=self.source.rows(within),
            within=within,
        )
        bound = {"hour": self.main.hour, "ids": list(ids)}
        return self.main.connection.execute(insert, bound).rowcount
