"""Where records and cells begin and end, for a whole window of well-formed CSV at once.

Quotes are told apart by parity, and their neighbours prove that it may be relied on. With one quote out of
place the window is left to `readers.csv_walker`, which follows it cell by cell. Judging records belongs to
`readers.records`, rewriting them to `readers.csv_writer`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lake_assets.readers.csv_borders import CR, LF, NOWHERE, QUOTE, Codes, Positions, find_marks

BARE_CR = "a carriage return outside quotes that is not part of a line end"


@dataclass(frozen=True)
class Slab:
    """Whole records, one after the other.

    Attributes:
        data: their bytes, line ends included; only the last record of a file may lack one.
        ends: for each record the offset one past its line end, where the next one starts.
        widths: for each record the number of its cells; of no meaning where its quoting is broken.
        line_crs: offsets of the CRs that belong to a line end.
        faults: what keeps a record from being read, by its index.
        borders: for each cell of each record the offset of the delimiter or LF behind it, or of the end of
            the data; None where the records were followed one by one and not scanned.
    """

    data: bytes
    ends: Positions
    widths: Positions
    line_crs: Positions
    faults: Mapping[int, str]
    borders: Positions | None = None

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.ends)

    def raw(self, index: int) -> bytes:
        """Return a record's bytes without its line end."""
        start = self.ends[index - 1] if index else 0
        record = self.data[start : self.ends[index]]
        if record.endswith(b"\r\n"):
            return record[:-2]
        return record.removesuffix(b"\n")

    def without_first(self) -> "Slab":
        """Return the same without its first record."""
        start = self.ends[0]
        borders = self.borders
        if borders is not None:
            borders = borders[self.widths[0] :] - start
        return Slab(
            data=self.data[start:],
            ends=self.ends[1:] - start,
            widths=self.widths[1:],
            line_crs=self.line_crs[self.line_crs >= start] - start,
            faults={index - 1: fault for index, fault in self.faults.items() if index},
            borders=borders,
        )


def records_at(ends: Positions, offsets: Positions) -> list[int]:
    """Return the indexes of the records that the bytes at these offsets belong to, each once, ascending."""
    indexes = np.searchsorted(ends, offsets, side="right")
    return [int(index) for index in np.unique(indexes)]


def scan_window(window: bytes, delimiter: int, *, quoted: bool, final: bool) -> Slab | None:
    """Find all whole records of a window.

    Args:
        window: bytes from the start of a record on.
        delimiter: the byte between cells.
        quoted: whether quotes protect delimiters and line ends (`quoting: rfc4180`).
        final: whether the data ends with this window.

    Returns:
        The records, without an unfinished one at the window's end; None if a quote is out of place.
    """
    codes = np.frombuffer(window, np.uint8)
    structure, quotes = find_marks(window, delimiter, quoted=quoted)
    if len(quotes) and not _is_well_quoted(codes, quotes, delimiter, final=final):
        return None
    borders, lines = _whole_lines(codes, structure, final=final)
    # The end of the data ends a record as a line end does, and has no byte of its own.
    ends = np.minimum(borders[lines] + 1, len(codes))
    data = window[: ends[-1]] if len(ends) else b""
    line_crs, bare_crs = _carriage_returns(data, quotes)
    broken = records_at(ends, bare_crs) if quoted else []
    return Slab(
        data=data,
        ends=ends,
        widths=np.diff(lines, prepend=-1),
        line_crs=line_crs,
        faults=dict.fromkeys(broken, BARE_CR),
        borders=borders,
    )


def _is_well_quoted(codes: Codes, quotes: Positions, delimiter: int, *, final: bool) -> bool:
    """Return whether every quote that opens or closes a cell has the neighbour that such a quote has."""
    opening, closing = quotes[::2], quotes[1::2]
    if final and len(opening) > len(closing):
        return False
    return _open_cells(codes, opening, delimiter) and _close_cells(codes, closing, delimiter, final=final)


def _open_cells(codes: Codes, quotes: Positions, delimiter: int) -> bool:
    before = codes[quotes - 1]
    if quotes[0] == 0:
        before[0] = LF
    return bool(((before == delimiter) | (before == LF) | (before == QUOTE)).all())


def _close_cells(codes: Codes, quotes: Positions, delimiter: int, *, final: bool) -> bool:
    inner = quotes[quotes + 1 < len(codes)]
    after = codes[inner + 1]
    others = inner[(after != delimiter) & (after != LF) & (after != QUOTE)]
    before_lf = codes.take(others + 2, mode="clip") == LF
    if not final:
        before_lf |= others + 2 == len(codes)
    return bool(((codes[others + 1] == CR) & before_lf).all())


def _whole_lines(codes: Codes, structure: Positions, *, final: bool) -> tuple[Positions, Positions]:
    """Return the borders of all cells of whole records, and which of them end a record."""
    lines = np.flatnonzero(codes[structure] == LF)
    ends_with_line = len(lines) > 0 and structure[lines[-1]] + 1 == len(codes)
    if final and not ends_with_line:
        return np.append(structure, len(codes)), np.append(lines, len(structure))
    cells = lines[-1] + 1 if len(lines) else 0
    return structure[:cells], lines


def _carriage_returns(data: bytes, quotes: Positions) -> tuple[Positions, Positions]:
    """Return the unquoted CRs: those of line ends, and the others."""
    if CR not in data:
        return NOWHERE, NOWHERE
    codes = np.frombuffer(data, np.uint8)
    crs = np.flatnonzero(codes == CR)
    crs = crs[np.searchsorted(quotes, crs) % 2 == 0]
    ending = codes.take(crs + 1, mode="clip") == LF
    return crs[ending], crs[~ending]
