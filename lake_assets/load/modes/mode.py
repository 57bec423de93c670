"""What a load mode has to say: the questions that loading and checking ask of `load:` in the catalog.

The answers stand in a module for each mode; which mode a table has is told by `load.modes.registry`.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

import psycopg

from lake_assets.catalog.models import Table
from lake_assets.load.main_rows import MainHour, StagedRows
from lake_assets.states.facts import Fact, Facts
from lake_assets.states.records import Counts

INSERTS_ONLY = frozenset("I")  # DMS writes I, U and D (guide, "Using Amazon S3 as a target")


@dataclass(frozen=True)
class Turn:
    """The right to change a table-hour until the transaction ends, and how the hour stands among the others.

    Attributes:
        hour: the hour (UTC).
        newest_other: the newest other hour with files, where only one hour's rows are the table.
    """

    hour: datetime
    newest_other: datetime | None = None

    @property
    def superseded_by(self) -> datetime | None:
        """The hour that keeps this one's rows out of main; None where they go in."""
        if self.newest_other is not None and self.newest_other > self.hour:
            return self.newest_other
        return None


@dataclass(frozen=True)
class LoadMode(ABC):
    """How a table takes the files of its hours.

    Attributes:
        table: the table.
        ops: the letters of `Op` whose records are taken; others go to quarantine.
        keeps_every_hour: whether main has the rows of all hours, so that a file in two hours is there twice.
    """

    table: Table

    ops: ClassVar[frozenset[str]] = INSERTS_ONLY
    keeps_every_hour: ClassVar[bool] = True

    @property
    def why_not_loaded(self) -> Fact | None:
        """Why this version loads no hour of the table; None where it does."""
        return None

    @abstractmethod
    def wait_for_turn(
        self, connection: psycopg.Connection, hour: datetime, others: Collection[datetime] = ()
    ) -> Turn:
        """Wait for loads that would be in the way, and hold them off until the transaction ends.

        Args:
            connection: the session.
            hour: the hour (UTC).
            others: hours that this one takes files over from.
        """

    @abstractmethod
    def make_way(self, main: MainHour, turn: Turn) -> None:
        """Take out of main what the staged rows of an hour with files replace."""

    def apply(self, rows: StagedRows, turn: Turn, ids: Sequence[int]) -> int:
        """Put the staged rows of an hour with files in the place of those in main.

        Args:
            rows: the rows.
            turn: the hour's turn.
            ids: the ids of its files in the ledger, in the order of their ordinals.

        Returns:
            How many rows main has got.
        """
        self.make_way(rows.main, turn)
        if turn.superseded_by:
            return 0
        return rows.insert(ids)

    def take_back(self, main: MainHour) -> None:
        """Take the rows of an hour out of main whose files are gone."""
        main.delete()

    @abstractmethod
    def settle_others(
        self, connection: psycopg.Connection, turn: Turn, *, has_files: bool, had_files: bool
    ) -> None:
        """Write in the ledger what this load means for other hours.

        Args:
            connection: the session.
            turn: the hour's turn.
            has_files: the hour has files now.
            had_files: files of it were loaded that are gone since.
        """

    def rows_due(self, files: Iterable[Counts]) -> int:
        """Return how many rows main must have of files."""
        return sum(counts.rows for counts in files)

    def notes(self, turn: Turn) -> Facts:
        """Return what is to be noted of an hour with files beyond what its files tell."""
        del turn
        return ()

    def only_hour(self, connection: psycopg.Connection) -> datetime | None:
        """Return the one hour whose rows are the table; None where each hour keeps its own.

        Args:
            connection: a session of the warehouse; the ledger must be installed.
        """
        del connection
        return None
