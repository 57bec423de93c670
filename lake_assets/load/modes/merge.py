"""`load: merge`: the catalog knows it, and this version loads no hour of such a table."""

from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

import psycopg

from lake_assets.exceptions import LoadError
from lake_assets.load.main_rows import MainHour
from lake_assets.load.modes.mode import LoadMode, Turn


@dataclass(frozen=True)
class Merge(LoadMode):
    """Loads nothing, and says so before anything is touched."""

    @property
    def why_not_loaded(self) -> str:
        """Why no hour is loaded, and what to do."""
        return (
            f"{self.table.qualified} asks for load: merge, which is not loaded by this version. "
            "Write `load: append` or `load: snapshot` for it in the catalog."
        )

    def wait_for_turn(self, connection: psycopg.Connection, hour: datetime) -> NoReturn:
        """Refuse to load.

        Raises:
            LoadError: always.
        """
        del connection, hour
        raise LoadError(self.why_not_loaded)

    def make_way(self, main: MainHour, turn: Turn) -> None:
        """Do nothing, for no turn is ever given."""

    def settle_others(
        self, connection: psycopg.Connection, turn: Turn, *, has_files: bool, had_files: bool
    ) -> None:
        """Do nothing, for no turn is ever given."""
