"""Which load mode a table has: the one place where `load:` of the catalog is looked at."""

from collections.abc import Mapping

from lake_assets.catalog import models
from lake_assets.load.modes.append import Append
from lake_assets.load.modes.merge import Merge
from lake_assets.load.modes.mode import LoadMode
from lake_assets.load.modes.snapshot import Snapshot

MODES: Mapping[models.LoadMode, type[LoadMode]] = {"append": Append, "merge": Merge, "snapshot": Snapshot}


def mode_of(table: models.Table) -> LoadMode:
    """Return how a table takes its files."""
    return MODES[table.load](table)
