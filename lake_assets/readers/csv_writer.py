"""Whole records, written so that PostgreSQL's COPY reads exactly them (manual, "COPY", CSV format).

Well-formed CSV passes as it is but for its line ends. Which records are bad is judged in `readers.records`.
"""

import re
from collections.abc import Iterable

import numpy as np

from lake_assets.readers.csv_scanner import CR, LF, QUOTE, Positions, Slab
from lake_assets.readers.dialect import Dialect

# PostgreSQL up to 17 takes this record for the end of all data. NULs may yet be stripped from it.
_END_MARK = re.compile(rb"^\0*\\\0*\.\0*$", re.MULTILINE)


def copy_text(slab: Slab, bad: Iterable[int], dialect: Dialect) -> bytes:
    """Write records for COPY, one line end each.

    Args:
        slab: the records.
        bad: indexes of those whose place is to be held by a record of NULLs.
        dialect: how they are written, and how many cells a record has.
    """
    text, ends = slab.data, slab.ends
    if not text.endswith(b"\n"):
        text, ends = text + b"\n", np.append(ends[:-1], len(text) + 1)
    if len(slab.line_crs):
        text = np.delete(np.frombuffer(text, np.uint8), slab.line_crs).tobytes()
        ends = ends - np.searchsorted(slab.line_crs, ends)
    if dialect.quoting == "none" and (QUOTE in text or CR in text):
        text, ends = _quote(text, ends, ord(dialect.delimiter))
    cells = len(dialect.columns) + dialect.op
    nothing = dialect.delimiter.join([dialect.null] * cells).encode() + b"\n"
    swaps = _end_marks(text, ends) if cells == 1 else {}
    swaps |= dict.fromkeys(bad, nothing)
    return _swap(text, ends, swaps) if swaps else text


def _quote(text: bytes, ends: Positions, delimiter: int) -> tuple[bytes, Positions]:
    """Quote the cells in which COPY would take a quote or a CR for structure."""
    codes = np.frombuffer(text, np.uint8)
    edges = np.append(-1, np.flatnonzero((codes == LF) | (codes == delimiter)))
    quotes = np.flatnonzero(codes == QUOTE)
    special = np.concatenate((quotes, np.flatnonzero(codes == CR)))
    cells = np.unique(np.searchsorted(edges, special))
    added = np.sort(np.concatenate((edges[cells - 1] + 1, edges[cells], quotes)))
    return np.insert(codes, added, QUOTE).tobytes(), ends + np.searchsorted(added, ends)


def _end_marks(text: bytes, ends: Positions) -> dict[int, bytes]:
    r"""Quote the records that are `\.` and nothing else."""
    marks = {}
    for mark in _END_MARK.finditer(text) if b"\\" in text else ():
        index = int(np.searchsorted(ends, mark.end() + 1))
        if ends[index] == mark.end() + 1:  # else it is a line inside quotes
            marks[index] = b'"' + mark[0] + b'"\n'
    return marks


def _swap(text: bytes, ends: Positions, swaps: dict[int, bytes]) -> bytes:
    """Put other lines in the place of some records."""
    pieces, at = [], 0
    for index, line in sorted(swaps.items()):
        start = int(ends[index - 1]) if index else 0
        pieces += [text[at:start], line]
        at = int(ends[index])
    pieces.append(text[at:])
    return b"".join(pieces)
