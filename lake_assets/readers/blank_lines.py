"""Blank lines of CSV: in files of two or more columns they are no records, and nobody loads or counts them.

In files of one column a blank line is a record, whose cell is empty. The recount has this rule once more, in
code of its own.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lake_assets.readers.csv_borders import CR, LF, Positions
from lake_assets.readers.csv_scanner import Slab

Flags = npt.NDArray[np.bool_]

BLANK = ("",)  # the cells of a blank line


def without_blank_lines(slab: Slab, cells: int) -> Slab:
    """Return a slab without its blank lines.

    Args:
        slab: records and blank lines.
        cells: of a good record of the file.
    """
    if cells == 1 or not len(slab):
        return slab
    blank = _blank_lines(slab)
    if not blank.any():
        return slab
    return _without(slab, blank)


def _blank_lines(slab: Slab) -> Flags:
    """Return for each record whether it is nothing but a line end."""
    codes = np.frombuffer(slab.data, np.uint8)
    starts = np.append(0, slab.ends[:-1])
    sizes = slab.ends - starts
    first = codes[starts]
    last = codes[slab.ends - 1]
    is_lf = first == LF
    is_crlf = (first == CR) & (last == LF) & (sizes == len(b"\r\n"))
    blank: Flags = is_lf | is_crlf
    return blank


def _without(slab: Slab, left_out: Flags) -> Slab:
    sizes = np.diff(slab.ends, prepend=0)
    is_kept = np.repeat(~left_out, sizes)
    data = np.frombuffer(slab.data, np.uint8)[is_kept].tobytes()
    # How many bytes go before each offset, that behind the last byte among them.
    gone = np.append(0, np.cumsum(~is_kept))
    kept = np.flatnonzero(~left_out)
    ends = slab.ends[kept]
    line_crs = slab.line_crs[is_kept[slab.line_crs]]
    borders = slab.borders
    if borders is not None:
        borders = borders[np.repeat(~left_out, slab.widths)]
        borders = borders - gone[borders]
    return Slab(
        data=data,
        ends=ends - gone[ends],
        widths=slab.widths[kept],
        line_crs=line_crs - gone[line_crs],
        faults=_moved_faults(slab, kept),
        borders=borders,
    )


def _moved_faults(slab: Slab, kept: Positions) -> dict[int, str]:
    faults: dict[int, str] = {}
    for index, fault in slab.faults.items():
        faults[int(np.searchsorted(kept, index))] = fault
    return faults


def sample_without_blank_lines(
    sample: Sequence[tuple[str, ...] | None],
) -> list[tuple[str, ...] | None]:
    """Return the first records of a file without its blank lines, if most of its records have several cells.

    Args:
        sample: the cells of each; None for one whose quoting is broken.
    """
    widths = Counter(len(cells) for cells in sample if cells and cells != BLANK)
    usual = max(widths, key=lambda width: (widths[width], width), default=1)
    if usual == 1:
        return list(sample)
    return [cells for cells in sample if cells != BLANK]
