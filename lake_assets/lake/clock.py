"""Words that PostgreSQL's dates and times read off the clock: such a cell is another value at every load.

The words, and where they may stand, are those of the manual ("Date/Time Types", "Special Values") and of the
server's own reader of dates (`ParseDateTime`). `infinity`, `epoch` and `allballs` always mean the same.
"""

import re
from collections.abc import Collection

import numpy as np

from lake_assets.lake.dialect import Dialect
from lake_assets.lake.scan import QUOTE, Codes, Positions, Slab

# The server takes a word with one of -/. right behind it for part of a date or of a time zone's name.
CLOCK_WORD = re.compile(r"(?<![A-Za-z])(?:now|today|tomorrow|yesterday)(?![A-Za-z/.-])", re.IGNORECASE)
_LOWER = 0x20  # the bit that tells small letters from capitals in ASCII
_A, _D, _N, _O, _R, _W, _Y = b"adnorwy"


def suspects(slab: Slab, dialect: Dialect, cells: Collection[int], bad: Collection[int]) -> list[int]:
    """Name the records that may have such a word in one of these cells; others have none.

    Args:
        slab: the records.
        dialect: how they are written.
        cells: 0-based places of cells, the `Op` cell counted.
        bad: indexes of records that are not asked about.
    """
    codes = np.frombuffer(slab.data, np.uint8)
    ends = _word_ends(codes)
    if dialect.nul == "strip" and b"\0" in slab.data:
        ends = np.union1d(ends, np.flatnonzero(codes == 0))  # a word may come of what is left
    if not len(ends):
        return []
    records = np.searchsorted(slab.ends, ends, side="right")
    places = _places(slab, codes, ends, records, dialect)
    asked = np.isin(places, list(cells)) & ~np.isin(records, list(bad))
    return [int(index) for index in np.unique(records[asked])]


def _word_ends(codes: Codes) -> Positions:
    """Find where a word may end: the last letters of `now` and `tomorrow`, of `today` and `yesterday`."""
    small = codes | _LOWER
    last: Positions = np.flatnonzero((small == _W) | (small == _Y))
    last = last[last > 1]
    word, middle, first = small[last], small[last - 1], small[last - 2]
    now = (word == _W) & (middle == _O) & ((first == _N) | (first == _R))
    ends: Positions = last[now | ((word == _Y) & (middle == _A) & (first == _D))]
    return ends


def _places(slab: Slab, codes: Codes, offsets: Positions, records: Positions, dialect: Dialect) -> Positions:
    """Give the place within its record of the cell at each offset; of no meaning where quoting is broken."""
    starts = np.concatenate(([0], slab.ends[:-1]))
    borders = np.flatnonzero(codes == ord(dialect.delimiter))
    if dialect.quoting == "rfc4180" and QUOTE in slab.data:
        quotes = np.flatnonzero(codes == QUOTE)
        owner = np.searchsorted(slab.ends, borders, side="right")
        # Counted from each record's own beginning, for a broken one may have an odd number.
        before = np.searchsorted(quotes, borders) - np.searchsorted(quotes, starts)[owner]
        borders = borders[before % 2 == 0]
    return np.searchsorted(borders, offsets) - np.searchsorted(borders, starts)[records]
