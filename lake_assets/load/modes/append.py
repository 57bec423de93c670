"""`load: append`: main has the rows of every hour, and no hour knows of another."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import psycopg

from lake_assets.hours import format_hour
from lake_assets.ledger.install import lock
from lake_assets.load.main_rows import MainHour
from lake_assets.load.modes.mode import LoadMode, Turn


@dataclass(frozen=True)
class Append(LoadMode):
    """Each hour's rows replace those it had before."""

    def wait_for_turn(
        self, connection: psycopg.Connection, hour: datetime, others: Collection[datetime] = ()
    ) -> Turn:
        """Hold the hour, and those it takes files over from; loads of other hours run side by side."""
        # In one order for all, so that no two loads wait for each other.
        for held in sorted({hour, *others}):
            lock(connection, f"{self.table.qualified}:{format_hour(held)}")
        return Turn(hour)

    def make_way(self, main: MainHour, turn: Turn) -> None:
        """Take the hour's own rows out."""
        del turn
        main.delete()

    def settle_others(
        self, connection: psycopg.Connection, turn: Turn, *, has_files: bool, had_files: bool
    ) -> None:
        """Do nothing: other hours stay as they are."""
