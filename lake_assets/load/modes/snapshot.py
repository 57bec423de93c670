"""`load: snapshot`: each hour's files are the whole table, and the newest hour that has files is in main.

Rows of older hours are counted as superseded. They come back when the files of the newest hour go, once their
hour is loaded again.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

import psycopg

from lake_assets.hours import format_hour
from lake_assets.ledger.children import supersede_children
from lake_assets.ledger.files import newest_hour_with_files
from lake_assets.ledger.install import lock
from lake_assets.ledger.snapshots import ask_for_it_back, supersede_older
from lake_assets.load.main_rows import MainHour
from lake_assets.load.modes.mode import LoadMode, Turn
from lake_assets.states.facts import Fact, Facts


@dataclass(frozen=True)
class Snapshot(LoadMode):
    """The newest hour is the table, in whatever order hours are loaded."""

    keeps_every_hour: ClassVar[bool] = False

    def wait_for_turn(
        self, connection: psycopg.Connection, hour: datetime, others: Collection[datetime] = ()
    ) -> Turn:
        """Hold the whole table, for which hour is in main depends on all of them."""
        del others
        lock(connection, self.table.qualified)
        return Turn(hour, newest_other=newest_hour_with_files(connection, self.table, but=hour))

    def make_way(self, main: MainHour, turn: Turn) -> None:
        """Take the rows of this hour and of all before it out; a superseded hour has none but its own."""
        if turn.superseded_by:
            main.delete()
        else:
            main.delete_until()

    def settle_others(
        self, connection: psycopg.Connection, turn: Turn, *, has_files: bool, had_files: bool
    ) -> None:
        """Count older hours as superseded; if this hour was the table and is gone, ask for the one before."""
        if turn.superseded_by:
            return
        if has_files:
            supersede_older(connection, self.table, turn.hour)
            supersede_children(connection, self.table, turn.hour)
        elif had_files and turn.newest_other is not None:
            ask_for_it_back(connection, self.table, turn.newest_other, gone=turn.hour)

    def notes(self, turn: Turn) -> Facts:
        """Return which snapshot is the table instead of this one."""
        if turn.superseded_by is None:
            return ()
        return (Fact.of("superseded_by", hour=format_hour(turn.superseded_by)),)

    def only_hour(self, connection: psycopg.Connection) -> datetime | None:
        """Return the newest hour with files."""
        return newest_hour_with_files(connection, self.table)
