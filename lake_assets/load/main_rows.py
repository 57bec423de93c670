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
from lake_assets.load.child_rows import ChildRows, child_tables
from lake_assets.load.main_tables import main_table
from lake_assets.load.staging.documents import EVERYTHING
from lake_assets.load.staging.staging import CopiedFile
from lake_assets.postgres import statement
from lake_assets.states.records import LedgerFile


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
        """Delete the hour's rows of main and of child tables."""
        self._delete("delete_hour")

    def delete_until(self) -> None:
        """Delete the rows of the hour and of all hours before it, of main and of child tables."""
        self._delete("delete_hours_until")

    def _delete(self, name: str) -> None:
        for table in (self.table, *child_tables(self.table)):
            main = main_table(table)
            values = {"hour": self.hour, "kept": list(self.kept)}
            self.connection.execute(statement(__package__, name, main=main), values)
            for file in self.moved:
                of_file = {"hour": file.hour, "file_id": file.id}
                self.connection.execute(statement(__package__, "delete_file", main=main), of_file)


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
