"""How many columns of a very wide table a row of PostgreSQL holds: by number, and by what stands in them.

A row must fit on a page of 8 KiB; a longer text leaves 18 bytes of it there, and can go no further (manual,
"Limits" and "TOAST"). Which columns there are is `shape`'s business.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import numpy.typing as npt

WIDE = 400  # columns; as many texts of any length fit, and fewer need no measuring
MOST_COLUMNS = 1590  # PostgreSQL takes 1600 (manual, "Limits"), and some are ours
ROOM = 7850  # bytes of 8160 that are left by the row's header, its map of NULLs and our own columns
LONGEST = 18  # bytes of a text, its length included, that stay in the row
_FIXED = {
    **dict.fromkeys(("bigint", "double precision", "timestamp", "timestamptz", "time"), 8),
    **dict.fromkeys(("uuid", "interval"), 16),
    "date": 4,
    "boolean": 1,
    "numeric": 12,
    "numeric(20,0)": 14,
}

Sizes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Reach:
    """How many bytes of a row the columns take as texts.

    Attributes:
        ends: for each column, what it and those before it take in the widest record.
        widest: for each column, its longest cell.
    """

    ends: Sizes = field(default_factory=lambda: np.zeros(0, np.int64))
    widest: Sizes = field(default_factory=lambda: np.zeros(0, np.int64))

    @classmethod
    def of(cls, columns: Sequence[Sequence[str]]) -> Self:
        """Measure some records, given column by column."""
        if not columns or not columns[0]:
            return cls()
        sizes = np.array([[min(len(cell.encode()) + 1, LONGEST) for cell in cells] for cells in columns])
        return cls(sizes.cumsum(axis=0).max(axis=1), sizes.max(axis=1))

    def joined(self, other: "Reach") -> "Reach":
        """Give what two groups of records reach together."""
        length = max(len(self.ends), len(other.ends))
        ends = [
            np.pad(each.ends, (0, length - len(each.ends)), "edge")
            for each in (self, other)
            if len(each.ends)
        ]
        widest = [np.pad(each.widest, (0, length - len(each.widest))) for each in (self, other)]
        return Reach(np.max(ends, axis=0), np.max(widest, axis=0)) if ends else self

    def how_many(self, columns: int) -> int:
        """Tell how many of so many columns a table can have, all of them texts."""
        fitting = int(np.searchsorted(self.ends, ROOM, "right")) if len(self.ends) else columns
        return min(columns, MOST_COLUMNS, fitting)

    def holds(self, types: Sequence[str]) -> bool:
        """Tell whether columns of these types, the first of the table, fit."""
        if len(types) > MOST_COLUMNS:
            return False
        ends, widest = self.ends[: len(types)], self.widest[: len(types)]
        whole = int(ends[-1]) if len(ends) else 0
        texts = sum(int(size) for size, kind in zip(widest, types, strict=False) if kind not in _FIXED)
        return min(whole, texts) + sum(_FIXED.get(kind, 0) for kind in types) <= ROOM
