"""Whole records, written so that PostgreSQL's COPY reads exactly them (manual, "COPY", CSV format).

Well-formed CSV passes as it is but for its line ends, and the borders of its cells go on with it. Which
records are bad is judged in `readers.records`, which columns are left out in `readers.block_filter`.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np

from lake_assets.readers.blocks import NUL_BECOMES, BadRecord, Block
from lake_assets.readers.csv_borders import CR, LF, QUOTE, Borders, Positions
from lake_assets.readers.csv_scanner import Slab
from lake_assets.readers.dialect import Dialect

# PostgreSQL up to 17 takes this record for the end of all data.
_END_MARK = re.compile(rb"^\\\.$", re.MULTILINE)


def write_block(slab: Slab, bad: Mapping[int, BadRecord], dialect: Dialect) -> Block:
    """Write records for COPY, one line end each.

    Args:
        slab: the records.
        bad: those whose place is to be held by a record of NULLs, by their indexes.
        dialect: how they are written, and how many cells a record has.
    """
    text, ends = _end_with_lfs(slab)
    borders = slab.borders
    if dialect.quoting == "none" and (QUOTE in text or CR in text):
        text, ends = _quote_specials(text, ends, ord(dialect.delimiter))
        borders = None
    text, ends = _replace_lines(text, ends, dict.fromkeys(bad, _null_line(dialect)))
    if borders is not None:
        borders = _move_borders(borders, slab.widths, slab.ends, ends, bad, dialect)
    block = Block(
        data=text,
        records=len(slab),
        delimiter=ord(dialect.delimiter),
        bad=tuple(bad.values()),
        scanned=borders,
    )
    block = _replace_nuls(block, dialect)
    if dialect.cells == 1:
        block = quote_end_marks(block)
    return block


def blank_records(block: Block, records: Collection[int], dialect: Dialect) -> Block:
    """Return a block with records of NULLs in the place of some, given by their indexes."""
    lines = dict.fromkeys(sorted(records), _null_line(dialect))
    text, ends = _replace_lines(block.data, block.ends, lines)
    widths = np.full(block.records, dialect.cells)
    borders = _move_borders(block.borders.ravel(), widths, block.ends, ends, records, dialect)
    return replace(block, data=text, scanned=borders)


def quote_end_marks(block: Block) -> Block:
    r"""Return a block of single cells in which those that are `\.` and nothing else are quoted."""
    if b"\\." not in block.data:
        return block
    marks: dict[int, bytes] = {}
    ends = block.ends
    for mark in _END_MARK.finditer(block.data):
        index = int(np.searchsorted(ends, mark.end() + 1))
        is_record = ends[index] == mark.end() + 1  # else it is a line inside quotes
        if is_record:
            marks[index] = b'"' + mark[0] + b'"\n'
    text, ends = _replace_lines(block.data, ends, marks)
    return replace(block, data=text, scanned=ends[:, np.newaxis] - 1)


def _null_line(dialect: Dialect) -> bytes:
    return dialect.delimiter.join([dialect.null] * dialect.cells).encode() + b"\n"


def _end_with_lfs(slab: Slab) -> tuple[bytes, Positions]:
    """Return the text with an LF alone behind each record, and the ends of records in it."""
    text, ends = slab.data, slab.ends
    if not text.endswith(b"\n"):
        text += b"\n"
        ends = np.append(ends[:-1], len(text))
    if len(slab.line_crs):
        text = np.delete(np.frombuffer(text, np.uint8), slab.line_crs).tobytes()
        ends = ends - np.searchsorted(slab.line_crs, ends)
    return text, ends


def _quote_specials(text: bytes, ends: Positions, delimiter: int) -> tuple[bytes, Positions]:
    """Quote the cells in which COPY would take a quote or a CR for structure."""
    codes = np.frombuffer(text, np.uint8)
    edges = np.append(-1, np.flatnonzero((codes == LF) | (codes == delimiter)))
    quotes = np.flatnonzero(codes == QUOTE)
    special = np.concatenate((quotes, np.flatnonzero(codes == CR)))
    cells = np.unique(np.searchsorted(edges, special))
    opening, closing = edges[cells - 1] + 1, edges[cells]
    added = np.sort(np.concatenate((opening, closing, quotes)))
    return np.insert(codes, added, QUOTE).tobytes(), ends + np.searchsorted(added, ends)


def _replace_lines(text: bytes, ends: Positions, lines: Mapping[int, bytes]) -> tuple[bytes, Positions]:
    """Put other lines in the place of some records, given by their indexes."""
    if not lines:
        return text, ends
    sizes = np.diff(ends, prepend=0)
    pieces = []
    at = 0
    for index, line in sorted(lines.items()):
        end = int(ends[index])
        pieces += [text[at : end - int(sizes[index])], line]
        at = end
    pieces.append(text[at:])
    for index, line in lines.items():
        sizes[index] = len(line)
    return b"".join(pieces), np.cumsum(sizes)


def _move_borders(
    borders: Positions,
    widths: Positions,
    before: Positions,
    after: Positions,
    blank: Collection[int],
    dialect: Dialect,
) -> Borders:
    """Return where the cells end now that records have moved: each takes its borders along.

    Args:
        borders: where the cells of all records ended.
        widths: the number of cells each record had.
        before: the ends of records then.
        after: the ends of records now.
        blank: the indexes of those that became records of NULLs.
        dialect: how many cells each record has now, and how a NULL is written.
    """
    if not blank and np.array_equal(before, after):
        return borders.reshape(len(after), -1)
    starts = np.append(0, after[:-1])
    steps = starts - np.append(0, before[:-1])
    along = borders + np.repeat(steps, widths)
    if blank:
        kept = np.ones(len(after), bool)
        kept[list(blank)] = False
        null_ends = (len(dialect.null.encode()) + 1) * np.arange(1, dialect.cells + 1) - 1
        moved = np.empty((len(after), dialect.cells), np.intp)
        moved[kept] = along[np.repeat(kept, widths)].reshape(-1, dialect.cells)
        moved[~kept] = starts[~kept, np.newaxis] + null_ends
    else:
        moved = along.reshape(len(after), -1)
    moved[:, -1] = after - 1  # a line end may have lost its CR
    return moved


def _replace_nuls(block: Block, dialect: Dialect) -> Block:
    """Return the block without NULs, of which only good records have some that may be lost."""
    if dialect.nul not in NUL_BECOMES or b"\0" not in block.data:
        return block
    return replace(
        block,
        data=block.data.replace(b"\0", NUL_BECOMES[dialect.nul]),
        nuls=block.data.count(b"\0"),
        scanned=None,
    )
