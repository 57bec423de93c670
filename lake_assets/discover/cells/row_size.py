"""How many columns of a very wide table a row of PostgreSQL holds: by number, and by what stands in them.

A row must fit on a page of 8 KiB; a longer text leaves 18 bytes of it there, and can go no further (manual,
"Limits" and "TOAST"). Which columns there are is `infer.columns`' business.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Self

import numpy as np
import numpy.typing as npt

from lake_assets.catalog.values import MOST_COLUMNS

WIDE = 400  # columns; as many texts of any length fit, and fewer need no measuring
ROOM = 7850  # bytes of 8160 that are left by the row's header, its map of NULLs and our own columns
LONGEST = 18  # bytes of a text, its length included, that stay in the row
_FIXED = {
    "bigint": 8,
    "double precision": 8,
    "timestamp": 8,
    "timestamptz": 8,
    "time": 8,
    "uuid": 16,
    "interval": 16,
    "date": 4,
    "boolean": 1,
    "numeric": 12,
    "numeric(20,0)": 14,
}

Sizes = npt.NDArray[np.int64]


def _no_sizes() -> Sizes:
    return np.zeros(0, np.int64)


@dataclass(frozen=True)
class RowSize:
    """How many bytes of a row the columns take as texts.

    Attributes:
        ends: for each column, what it and those before it take in the widest record.
        widest: for each column, its longest cell.
    """

    ends: Sizes = field(default_factory=_no_sizes)
    widest: Sizes = field(default_factory=_no_sizes)

    @classmethod
    def of(cls, columns: Sequence[Sequence[str]]) -> Self:
        """Return the size of some records, given column by column."""
        if not columns or not columns[0]:
            return cls()
        sizes = np.array([_sizes_of(cells) for cells in columns])
        return cls(ends=sizes.cumsum(axis=0).max(axis=1), widest=sizes.max(axis=1))

    def joined(self, other: "RowSize") -> "RowSize":
        """Return what two groups of records take together."""
        if not len(self.ends):
            return other
        if not len(other.ends):
            return self
        columns = max(len(self.ends), len(other.ends))
        ends = np.maximum(_padded(self.ends, columns, "edge"), _padded(other.ends, columns, "edge"))
        widest = np.maximum(
            _padded(self.widest, columns, "constant"), _padded(other.widest, columns, "constant")
        )
        return RowSize(ends=ends, widest=widest)

    def how_many(self, columns: int) -> int:
        """Return how many of so many columns a table can have, all of them texts."""
        fitting = columns
        if len(self.ends):
            fitting = int(np.searchsorted(self.ends, ROOM, "right"))
        return min(columns, MOST_COLUMNS, fitting)

    def holds(self, types: Sequence[str]) -> bool:
        """Return whether columns of these types, the first of the table, fit."""
        if len(types) > MOST_COLUMNS:
            return False
        ends = self.ends[: len(types)]
        all_as_text = 0
        if len(ends):
            all_as_text = int(ends[-1])
        texts = fixed = 0
        for place, kind in enumerate(types):
            if kind in _FIXED:
                fixed += _FIXED[kind]
            elif place < len(self.widest):
                texts += int(self.widest[place])
        return min(all_as_text, texts) + fixed <= ROOM


def _sizes_of(cells: Sequence[str]) -> list[int]:
    return [min(len(cell.encode()) + 1, LONGEST) for cell in cells]


def _padded(sizes: Sizes, columns: int, how: Literal["edge", "constant"]) -> Sizes:
    """Return sizes for so many columns; `edge`: those that are missing take nothing more than the last."""
    return np.pad(sizes, (0, columns - len(sizes)), how)
