"""Fit blocks that are ready for COPY to the table they go to.

They lose the cells of columns that the catalog ignores. Words that PostgreSQL's dates and times read off the
clock are found (`readers.relative_times`), for such a cell is another value at every load. Which columns are
ignored and which have such types is told by `load.staging`.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from lake_assets.readers.blocks import Block
from lake_assets.readers.csv_borders import LF, Codes, Positions, cell_sizes
from lake_assets.readers.csv_writer import blank_records, quote_end_marks
from lake_assets.readers.dialect import Dialect
from lake_assets.readers.relative_times import IN_BYTES

_LOWER = 0x20  # the bit that tells small letters from capitals in ASCII
_A, _D, _N, _O, _R, _W, _Y = b"adnorwy"

Words = dict[int, tuple[str, str]]  # by a record's index: the column of the file, and the cell


@dataclass(frozen=True)
class ColumnFilter:
    """What staging makes of a file's columns.

    Attributes:
        ignored: those staging has not.
        temporal: those whose types know words such as `now`.
    """

    ignored: frozenset[str] = frozenset()
    temporal: frozenset[str] = frozenset()


def filter_block(block: Block, dialect: Dialect, columns: ColumnFilter) -> tuple[Block, Words]:
    """Leave out what staging is not to have.

    Args:
        block: as it was read.
        dialect: how its file was read.
        columns: which are left out, and which must not hold words read off the clock.

    Returns:
        The block, with records of NULLs in the place of those that have such words, and the words.
    """
    words = _find_words(block, dialect, _places(dialect, columns.temporal))
    if words:
        block = blank_records(block, words, dialect)
    ignored = _places(dialect, columns.ignored)
    if ignored:
        block = _leave_out(block, ignored)
    return block, words


def _places(dialect: Dialect, columns: Collection[str]) -> list[int]:
    """Return the 0-based places of columns among a record's cells."""
    return [place for place, name in enumerate(dialect.columns, int(dialect.op)) if name in columns]


def _leave_out(block: Block, ignored: list[int]) -> Block:
    """Return the block without the cells at these places."""
    sizes = cell_sizes(block.borders)
    kept = np.ones(sizes.shape[1], bool)
    kept[ignored] = False
    last = np.flatnonzero(kept)[-1]
    codes = np.frombuffer(block.data, np.uint8).copy()
    codes[block.borders[:, last]] = LF
    is_kept = np.repeat(np.tile(kept, block.records), sizes.ravel())
    borders = np.cumsum(sizes[:, kept]).reshape(block.records, -1) - 1
    block = replace(block, data=codes[is_kept].tobytes(), scanned=borders)
    if borders.shape[1] == 1:
        block = quote_end_marks(block)
    return block


def _find_words(block: Block, dialect: Dialect, places: list[int]) -> Words:
    """Return the first word read off the clock of each record that has one at these places."""
    if not places:
        return {}
    ends = _word_ends(np.frombuffer(block.data, np.uint8))
    if not len(ends):
        return {}
    cells = np.unique(np.searchsorted(block.borders.ravel(), ends))
    watched = cells[np.isin(cells % dialect.cells, places)]
    null = dialect.null.encode()
    found = Words()
    for cell in watched.tolist():
        record, place = divmod(cell, dialect.cells)
        written = block.cell(record, place)
        if record in found or written == null:
            continue
        value = _unquote(written)
        if IN_BYTES.search(value):
            found[record] = (dialect.columns[place - dialect.op], value.decode())
    return found


def _unquote(cell: bytes) -> bytes:
    if not cell.startswith(b'"'):
        return cell
    return cell[1:-1].replace(b'""', b'"')


def _word_ends(codes: Codes) -> Positions:
    """Find where a word may end: the last letters of `now` and `tomorrow`, of `today` and `yesterday`."""
    small = codes | _LOWER
    last: Positions = np.flatnonzero((small == _W) | (small == _Y))
    last = last[last > 1]
    word, middle, first = small[last], small[last - 1], small[last - 2]
    now = (word == _W) & (middle == _O) & ((first == _N) | (first == _R))
    day = (word == _Y) & (middle == _A) & (first == _D)
    ends: Positions = last[now | day]
    return ends
