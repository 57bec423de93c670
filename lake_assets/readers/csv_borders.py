"""Where the cells of CSV end: the offsets of the delimiters and line ends that no quotes protect.

Whoever has scanned a text hands its borders on, and whoever rewrites it moves them along, so that nobody need
scan it again. Whether quotes are where they may be is judged in `readers.csv_scanner`.
"""

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.intp]

# One row a record, one column a cell: the offset of the delimiter or LF behind the cell.
Borders = npt.NDArray[np.intp]

LF, CR, QUOTE = b'\n\r"'
NOWHERE: Positions = np.empty(0, np.intp)


def find_marks(text: bytes, delimiter: int, *, quoted: bool) -> tuple[Positions, Positions]:
    """Return the offsets of delimiters and LFs outside quotes, and those of quotes.

    In well-quoted text every odd quote opens a cell (or goes on after an escaped quote) and every even one
    closes it. Where a quote is out of place, what is said of the text behind it means nothing.

    Args:
        text: CSV from the start of a record on.
        delimiter: the byte between cells.
        quoted: whether quotes protect delimiters and line ends; if not, none is looked for.
    """
    codes = np.frombuffer(text, np.uint8)
    marks = codes == LF
    marks |= codes == delimiter
    if not (quoted and QUOTE in text):
        return np.flatnonzero(marks), NOWHERE
    marks |= codes == QUOTE
    marked = np.flatnonzero(marks)
    is_quote = codes[marked] == QUOTE
    # Parity survives the wrap-around of a byte.
    inside = (np.cumsum(is_quote, dtype=np.uint8) & 1).view(bool)
    return marked[~(is_quote | inside)], marked[is_quote]


def find_borders(text: bytes, delimiter: int, records: int) -> Borders:
    """Return where the cells of a text end that COPY can read.

    Args:
        text: well-quoted CSV in which all records have the same number of cells, and an LF behind them.
        delimiter: the byte between cells.
        records: how many it has.
    """
    structure, _ = find_marks(text, delimiter, quoted=True)
    return structure.reshape(records, -1)


def cell_sizes(borders: Borders) -> Positions:
    """Return the bytes of each cell, in the shape of the borders: its quotes and what ends it included."""
    sizes: Positions = np.diff(borders.ravel(), prepend=-1).reshape(borders.shape)
    return sizes
