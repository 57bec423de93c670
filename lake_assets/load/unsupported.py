"""What the catalog knows and this version does not load yet."""

from lake_assets.catalog.models import Table
from lake_assets.states.facts import Fact


def why_not_loaded(table: Table) -> Fact | None:
    """Return why this version loads no hour of a table; None where it does."""
    if table.load != "merge":
        return None
    return Fact.of("mode_unsupported", table=table.qualified, load=table.load)
