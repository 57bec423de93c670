"""Fit blocks that are ready for COPY to the table.

They lose the cells of columns that the catalog ignores. Words that PostgreSQL's dates and times read off the
clock are found, for such a cell is another value at every load. The words, and where they may stand, are
those of the manual ("Date/Time Types", "Special Values") and of the server's own reader of dates
(`ParseDateTime`). `infinity`, `epoch` and `allballs` always mean the same.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from lake_assets.readers.csv_scanner import LF, QUOTE, Codes, Positions, Slab, scan_window
from lake_assets.readers.csv_walker import split_cells
from lake_assets.readers.csv_writer import copy_text
from lake_assets.readers.dialect import Dialect

CLOCK = "a word that means another time at every load; write the time itself"
# The server takes a word with one of -/. right behind it for part of a date or of a time zone's name.
CLOCK_WORD = re.compile(rb"(?<![A-Za-z])(?:now|today|tomorrow|yesterday)(?![A-Za-z/.-])", re.IGNORECASE)
_LOWER = 0x20  # the bit that tells small letters from capitals in ASCII
_A, _D, _N, _O, _R, _W, _Y = b"adnorwy"

Words = dict[int, tuple[str, str]]  # by a record's index: the column of the file, and the cell


@dataclass(frozen=True)
class Use:
    """What staging makes of a file's columns.

    Attributes:
        ignored: those staging has not.
        clocked: those whose types know words such as `now`.
    """

    ignored: frozenset[str] = frozenset()
    clocked: frozenset[str] = frozenset()


def fit(data: bytes, dialect: Dialect, use: Use) -> tuple[bytes, Words]:
    """Leave out what staging is not to have.

    Args:
        data: well-formed records, ready for COPY.
        dialect: how their file was read.
        use: which columns are left out, and which must not hold words read off the clock.

    Returns:
        The data, with records of NULLs in the place of those that have such words, and the words.
    """
    quoted = replace(dialect, quoting="rfc4180")
    words = _clock_words(data, quoted, _places(dialect, use.clocked))
    if words:
        data = copy_text(whole(data, dialect), words, quoted)
    ignored = _places(dialect, use.ignored)
    if ignored:
        data = _leave_out(data, len(dialect.columns) + dialect.op, ignored, ord(dialect.delimiter))
        kept = tuple(name for name in dialect.columns if name not in use.ignored)
        # A record that is left with one cell may look like the end of all data.
        data = copy_text(whole(data, dialect), (), replace(quoted, columns=kept))
    return data, words


def whole(data: bytes, dialect: Dialect) -> Slab:
    """Find the records of data that is ready for COPY; it is always well quoted."""
    slab = scan_window(data, ord(dialect.delimiter), quoted=True, final=True)
    if slab is None:
        raise AssertionError("data for COPY has a quote out of place")
    return slab


def _places(dialect: Dialect, columns: Collection[str]) -> frozenset[int]:
    """Give the 0-based places of columns among a record's cells."""
    return frozenset(place for place, name in enumerate(dialect.columns, int(dialect.op)) if name in columns)


def _leave_out(data: bytes, cells: int, ignored: Collection[int], delimiter: int) -> bytes:
    codes = np.frombuffer(data, np.uint8).copy()
    ends = _borders(codes, delimiter).reshape(-1, cells)
    kept = np.array([place not in ignored for place in range(cells)])
    codes[ends[:, np.flatnonzero(kept)[-1]]] = LF
    sizes = np.diff(ends.ravel(), prepend=-1)
    left: Codes = codes[np.repeat(np.tile(kept, len(ends)), sizes)]
    return left.tobytes()


def _borders(codes: Codes, delimiter: int) -> Positions:
    """Find the delimiters and line ends that divide cells."""
    marks = (codes == LF) | (codes == delimiter)
    quotes = codes == QUOTE
    if quotes.any():
        marks &= np.cumsum(quotes, dtype=np.uint8) & 1 == 0
    return np.flatnonzero(marks)


def _clock_words(data: bytes, dialect: Dialect, places: Collection[int]) -> Words:
    if not places:
        return {}
    codes = np.frombuffer(data, np.uint8)
    ends = _word_ends(codes)
    if not len(ends):
        return {}
    cells = len(dialect.columns) + dialect.op
    hits = np.searchsorted(_borders(codes, ord(dialect.delimiter)), ends)
    records = np.unique(hits[np.isin(hits % cells, list(places))] // cells).tolist()
    if not records:
        return {}
    slab, found, null = whole(data, dialect), Words(), dialect.null.encode()
    for index in records:
        for place, (value, quoted) in enumerate(split_cells(slab.raw(index), dialect.delimiter.encode())):
            if place in places and CLOCK_WORD.search(value) and (quoted or value != null):
                found[index] = (dialect.columns[place - dialect.op], value.decode())
                break
    return found


def _word_ends(codes: Codes) -> Positions:
    """Find where a word may end: the last letters of `now` and `tomorrow`, of `today` and `yesterday`."""
    small = codes | _LOWER
    last: Positions = np.flatnonzero((small == _W) | (small == _Y))
    last = last[last > 1]
    word, middle, first = small[last], small[last - 1], small[last - 2]
    now = (word == _W) & (middle == _O) & ((first == _N) | (first == _R))
    ends: Positions = last[now | ((word == _Y) & (middle == _A) & (first == _D))]
    return ends
