"""What a person may say of how discovery chooses. What is chosen is chosen elsewhere."""

from dataclasses import dataclass

from lake_assets.discover.cells.misfits import MOST_MISFITS


@dataclass(frozen=True)
class Preferences:
    """How discovery is to choose.

    Attributes:
        most_misfits: the part of a column's cells below which those that keep it from a type are for
            quarantine.
        keep_names: columns are called as their files call them, and not in snake_case.
    """

    most_misfits: float = MOST_MISFITS
    keep_names: bool = False


USUAL = Preferences()
