"""Where records and cells begin and end, for a whole window of well-formed CSV at once.

Quotes are told apart by parity: in well-formed CSV every odd one opens a cell (or goes on after an escaped
quote) and every even one closes it; their neighbours prove it. With one quote out of place the window is left
to `readers.csv_walker`, which follows it cell by cell. Judging and rewriting records belongs to
`readers.records`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.intp]

LF, CR, QUOTE = b'\n\r"'
NOWHERE: Positions = np.empty(0, np.intp)
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
    """

    data: bytes
    ends: Positions
    widths: Positions
    line_crs: Positions
    faults: Mapping[int, str]

    def __len__(self) -> int:
        """Give the number of records."""
        return len(self.ends)

    def raw(self, index: int) -> bytes:
        """Give a record's bytes without its line end."""
        start = self.ends[index - 1] if index else 0
        record = self.data[start : self.ends[index]]
        return record[:-2] if record.endswith(b"\r\n") else record.removesuffix(b"\n")

    def without_first(self) -> "Slab":
        """Give the same without its first record."""
        cut = self.ends[0]
        return Slab(
            data=self.data[cut:],
            ends=self.ends[1:] - cut,
            widths=self.widths[1:],
            line_crs=self.line_crs[self.line_crs >= cut] - cut,
            faults={index - 1: fault for index, fault in self.faults.items() if index},
        )


def records_at(ends: Positions, offsets: Positions) -> list[int]:
    """Give the indexes of the records that the bytes at these offsets belong to, each once, ascending."""
    return [int(index) for index in np.unique(np.searchsorted(ends, offsets, side="right"))]


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
    marks = codes == LF
    marks |= codes == delimiter
    if not (quoted and QUOTE in window):
        structure, quotes = np.flatnonzero(marks), NOWHERE
    else:
        marks |= codes == QUOTE
        marked = np.flatnonzero(marks)
        is_quote = codes[marked] == QUOTE
        quotes = marked[is_quote]
        if not _well_quoted(codes, quotes, delimiter, final=final):
            return None
        # Parity survives the wrap-around of a byte.
        inside = (np.cumsum(is_quote, dtype=np.uint8) & 1).view(bool)
        structure = marked[~(is_quote | inside)]
    ends, widths = _lines(codes, structure, final=final)
    data = window[: ends[-1]] if len(ends) else b""
    line_crs, bare = _carriage_returns(data, quotes)
    return Slab(
        data, ends, widths, line_crs, dict.fromkeys(records_at(ends, bare), BARE_CR) if quoted else {}
    )


def _well_quoted(codes: Codes, quotes: Positions, delimiter: int, *, final: bool) -> bool:
    if final and len(quotes) % 2:
        return False
    opening, closing = quotes[::2], quotes[1::2]
    before = codes[opening - 1]
    if opening[0] == 0:
        before[0] = LF
    if not ((before == delimiter) | (before == LF) | (before == QUOTE)).all():
        return False
    closing = closing[closing + 1 < len(codes)]
    after = codes[closing + 1]
    others = closing[(after != delimiter) & (after != LF) & (after != QUOTE)]
    line_ends = codes.take(others + 2, mode="clip") == LF
    if not final:
        line_ends |= others + 2 == len(codes)
    return bool(((codes[others + 1] == CR) & line_ends).all())


def _lines(codes: Codes, structure: Positions, *, final: bool) -> tuple[Positions, Positions]:
    lines = np.flatnonzero(codes[structure] == LF)
    ends, widths = structure[lines] + 1, np.diff(lines, prepend=-1)
    if final and (len(ends) == 0 or ends[-1] < len(codes)):
        last_line = lines[-1] if len(lines) else -1
        ends, widths = np.append(ends, len(codes)), np.append(widths, len(structure) - last_line)
    return ends, widths


def _carriage_returns(data: bytes, quotes: Positions) -> tuple[Positions, Positions]:
    """Give the unquoted CRs: those of line ends, and the others."""
    if CR not in data:
        return NOWHERE, NOWHERE
    codes = np.frombuffer(data, np.uint8)
    crs = np.flatnonzero(codes == CR)
    crs = crs[np.searchsorted(quotes, crs) % 2 == 0]
    ending = codes.take(crs + 1, mode="clip") == LF
    return crs[ending], crs[~ending]
