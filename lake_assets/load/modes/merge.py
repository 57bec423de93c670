"""`load: merge`: the catalog knows it, and this version loads no hour of such a table."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

import psycopg

from lake_assets.exceptions import LoadError
from lake_assets.load.main_rows import MainHour
from lake_assets.load.modes.mode import LoadMode, Turn
from lake_assets.states.facts import Fact
from lake_assets.states.sentences import sentence


@dataclass(frozen=True)
class Merge(LoadMode):
    """Loads nothing, and says so before anything is touched."""

    @property
    def why_not_loaded(self) -> Fact:
        """Why no hour is loaded."""
        return Fact.of("mode_unsupported", table=self.table.qualified, load=self.table.load)

    def wait_for_turn(
        self, connection: psycopg.Connection, hour: datetime, others: Collection[datetime] = ()
    ) -> NoReturn:
        """Refuse to load.

        Raises:
            LoadError: always.
        """
        del connection, hour, others
        raise LoadError(sentence(self.why_not_loaded))

    def make_way(self, main: MainHour, turn: Turn) -> None:
        """Do nothing, for no turn is ever given."""

    def settle_others(
        self, connection: psycopg.Connection, turn: Turn, *, has_files: bool, had_files: bool
    ) -> None:
        """Do nothing, for no turn is ever given."""
