"""The record rule followed cell by cell, for windows where `readers.csv_scanner` finds a quote out of place.

This is the only code that reads broken quoting, and records larger than a window. It holds nothing but the
window, whatever is in it, and looks at each byte a few times at most.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from lake_assets.exceptions import LakeError
from lake_assets.readers.csv_scanner import BARE_CR, Slab

UNCLOSED = "a quoted cell that is never closed"
STRAY_QUOTE = "a quote inside a cell that does not begin with one"
TEXT_AFTER_QUOTE = "text after a closing quote"

# Possessive, so that it takes no memory however long the cell is.
_QUOTED_CELL = re.compile(rb'"[^"]*+(?:""[^"]*+)*+"')


def walk_window(
    window: bytes, delimiter: bytes, *, quoted: bool, final: bool, max_record: int, enough: int
) -> Slab:
    """Find the whole records of a window, one by one.

    Args:
        window: bytes from the start of a record on.
        delimiter: the byte between cells.
        quoted: whether quotes protect delimiters and line ends (`quoting: rfc4180`).
        final: whether the data ends with this window.
        max_record: bytes a record may have, its line end included.
        enough: stop after the record that reaches this offset.

    Returns:
        The records; none if the first one does not end in this window.

    Raises:
        LakeError: `max_record` bytes without a line end.
    """
    path = _Path(window, delimiter, quoted=quoted, final=final, max_record=max_record)
    steps: list[_Step] = []
    start = 0
    stop = min(len(window), enough)
    while start < stop:
        step = path.step(start)
        if step is None:
            break
        steps.append(step)
        start = step.end
    line_crs = [step.end - 2 for step in steps if window.startswith(b"\r\n", step.end - 2)]
    return Slab(
        data=window[:start],
        ends=np.array([step.end for step in steps], np.intp),
        widths=np.array([step.width for step in steps], np.intp),
        line_crs=np.array(line_crs, np.intp),
        faults={index: step.fault for index, step in enumerate(steps) if step.fault},
    )


def split_cells(record: bytes, delimiter: bytes) -> Iterator[tuple[bytes, bool]]:
    """Cut a well-formed record into its cells.

    Args:
        record: its bytes, without the line end.
        delimiter: the byte between cells.

    Yields:
        Each cell's value, and whether it was quoted.
    """
    at = 0
    while True:
        quoted = record.startswith(b'"', at)
        if quoted:
            end = _past_closing_quote(record, at, len(record))
            yield record[at + 1 : end - 1].replace(b'""', b'"'), True
        else:
            end = record.find(delimiter, at)
            if end < 0:
                end = len(record)
            yield record[at:end], False
        if end == len(record):
            return
        at = end + 1


def _past_closing_quote(window: bytes, opening: int, stop: int) -> int:
    """Return the offset after the quote that closes the one at `opening`, or -1."""
    cell = _QUOTED_CELL.match(window, opening, stop)
    return cell.end() if cell else -1


class _Step(NamedTuple):
    """One record: where it ends, how many cells it has, what is wrong with it."""

    end: int
    width: int
    fault: str | None


class _Broken(Exception):  # noqa: N818 - it ends a record, not the program
    """The record breaks the rule."""


class _RanOut(Exception):  # noqa: N818 - the same
    """The bytes ended before the record did."""


class _Path:
    """Follows one record after the other through a window."""

    def __init__(
        self, window: bytes, delimiter: bytes, *, quoted: bool, final: bool, max_record: int
    ) -> None:
        self._window = window
        self._delimiter = delimiter
        self._quoted = quoted
        self._final = final
        self._max_record = max_record

    def step(self, start: int) -> _Step | None:
        """Read the record that starts here; None if the window does not tell how it ends."""
        self._stop = min(len(self._window), start + self._max_record)
        reaches_end = self._stop == len(self._window)
        self._goes_on = reaches_end and not self._final  # more of the record may come
        self._ends_here = reaches_end and self._final  # the data ends, and so does the record
        self._line = -1  # the next LF, remembered so that no stretch is searched twice
        try:
            return self._follow(start)
        except _Broken as broken:
            return self._first_line(start, str(broken))
        except _RanOut:
            if self._goes_on:
                return None
            if self._ends_here:
                return self._first_line(start, UNCLOSED)
            return self._first_line(start, f"no end within {self._max_record} bytes")

    def _follow(self, at: int) -> _Step:
        width = 1
        fault = None
        while True:
            if self._quoted and self._window.startswith(b'"', at, self._stop):
                end = _past_closing_quote(self._window, at, self._stop)
                if end < 0:
                    raise _RanOut
            else:
                end = self._past_bare_cells(at)
                width += self._window.count(self._delimiter, at, end)
                if self._quoted and self._window.find(b"\r", at, end) >= 0:
                    fault = BARE_CR
            if not self._window.startswith(self._delimiter, end, self._stop):
                return _Step(self._past_line_end(end), width, fault)
            width += 1
            at = end + 1

    def _past_bare_cells(self, at: int) -> int:
        """Return the offset of the delimiter before the next quoted cell, or of the line end."""
        if self._line < at:
            line = self._window.find(b"\n", at, self._stop)
            self._line = self._stop if line < 0 else line
        quote = self._window.find(b'"', at, self._line) if self._quoted else -1
        if quote >= 0:
            if not self._window.endswith(self._delimiter, at, quote):
                raise _Broken(STRAY_QUOTE)
            return quote - 1
        crlf = self._line < self._stop and self._window.endswith(b"\r", at, self._line)
        return self._line - crlf

    def _past_line_end(self, at: int) -> int:
        for line_end in (b"\n", b"\r\n"):
            if self._window.startswith(line_end, at, self._stop):
                return at + len(line_end)
        if at == self._stop and self._ends_here:
            return at
        # A CR that is the last byte known may yet be half a line end.
        known = int(self._window.startswith(b"\r", at))
        if not self._ends_here and at + known >= self._stop:
            raise _RanOut
        raise _Broken(TEXT_AFTER_QUOTE)

    def _first_line(self, start: int, fault: str) -> _Step | None:
        line = self._window.find(b"\n", start, self._stop)
        if line >= 0:
            return _Step(line + 1, 0, fault)
        if self._ends_here:
            return _Step(self._stop, 0, fault)
        if self._goes_on:
            return None
        raise too_long(self._max_record)


def too_long(max_record: int) -> LakeError:
    """Return the error for bytes that no line end divides into records."""
    return LakeError(
        f"No line end within {max_record} bytes: this is not a file of records. Look at the object, and "
        "compare it with `encoding`, `compression` and `quoting` in the catalog."
    )
