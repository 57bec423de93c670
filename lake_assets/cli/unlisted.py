"""Tables whose folders could not be listed: each costs itself, unless nothing can be listed at all."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from lake_assets.catalog.models import Table
from lake_assets.exceptions import LakeAssetsError
from lake_assets.progress import Settled


@dataclass
class UnlistedTables:
    """What could not be listed, while a command goes through its tables.

    Attributes:
        outcomes: the newest hour of each such table, failed, with the reason.
        errors: why, in the same order.
        listed: how many tables were listed well.
    """

    outcomes: list[Settled] = field(default_factory=list)
    errors: list[LakeAssetsError] = field(default_factory=list)
    listed: int = 0

    def add(self, table: Table, hours: Sequence[datetime], error: LakeAssetsError) -> None:
        """Take down that a table could not be listed."""
        self.errors.append(error)
        outcome = Settled(table=table.qualified, hour=hours[-1], state="failed", note=str(error))
        self.outcomes.append(outcome)

    def raise_if_none_was_listed(self) -> None:
        """Raise the first error, if no table at all could be listed: then it is no table's own.

        Raises:
            LakeAssetsError: nothing could be listed.
        """
        if self.errors and not self.listed:
            raise self.errors[0]
