"""Which type most cells of a column have, where a few keep it from having any: one bad cell decides nothing.

Those few are for quarantine, so only cells count as few that PostgreSQL refuses for the type: what it would
take for something else, such as `007` for a number, is reason enough for a text. What a single cell looks
like is `cell_classes`' business.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from lake_assets.discover.cells.cell_classes import FIGURES, OTHER, TEXT, TRUTH, TRUTH_CLASSES, TYPES, type_of

MOST_MISFITS = 0.001  # of a column's cells
ENOUGH = 100  # misfits, by which a column may be known for text
MOST_COUNTED = 10_000  # misfits, which are too many whatever their part is

_REFUSED = frozenset({OTHER, "word", "t", "f", TRUTH, "uuid", "json"})
_DATED = frozenset({"date", "timestamp", "timestamptz"})


@dataclass(frozen=True)
class NearestType:
    """The type that holds most cells of a column.

    Attributes:
        name: the type.
        misfits: the classes of cells that it does not hold.
        count: how many of them there are.
    """

    name: str
    misfits: frozenset[str]
    count: int

    def is_for(self, cells: int, most_misfits: float) -> bool:
        """Return whether it is the type of a column of so many cells.

        Args:
            cells: of the column.
            most_misfits: the part of them below which misfits are for quarantine.
        """
        return not self.count or self.count < most_misfits * cells


def nearest_type(counts: Mapping[str, int]) -> NearestType | None:
    """Return the type that holds most cells; None where only text holds them without loss.

    Args:
        counts: how many cells are of each class.
    """
    holding_all = nearest_of_classes(counts.keys(), others=0)
    return holding_all or min(_candidates(counts), key=_count, default=None)


def nearest_of_classes(classes: AbstractSet[str], others: int) -> NearestType | None:
    """Return the type that holds all cells of some classes; None if there is none, or there are others."""
    name = type_of(classes)
    if others or name == TEXT:
        return None
    return NearestType(name=name, misfits=frozenset(), count=0)


def _count(nearest: NearestType) -> int:
    return nearest.count


def _candidates(counts: Mapping[str, int]) -> Iterator[NearestType]:
    for fitting, name in (*TYPES, (TRUTH_CLASSES, "boolean")):
        held = counts.keys() & fitting
        misfits = frozenset(counts.keys() - fitting)
        if type_of(held) == name and misfits <= _refused_by(name):
            count = sum(counts[kind] for kind in misfits)
            yield NearestType(name=name, misfits=misfits, count=count)


def _refused_by(name: str) -> AbstractSet[str]:
    """Return the classes of which PostgreSQL takes no cell for a type."""
    if name in _DATED:
        return _REFUSED | {FIGURES}
    if name == "boolean":
        return _REFUSED - {TRUTH, "t", "f"}
    return _REFUSED


def are_too_many(misfits: int, cells: int) -> bool:
    """Return whether so many misfits make a column text, whatever else comes."""
    if misfits >= MOST_COUNTED:
        return True
    return misfits >= ENOUGH and 2 * misfits >= cells
