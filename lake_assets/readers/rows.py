"""Records that came as values and not as CSV, written for COPY: JSON lines and Parquet alike.

What the values are is told by `readers.jsonl` and `readers.parquet`. Every value is written in quotes and
every NULL without, so that an empty text stays one.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from lake_assets.exceptions import LakeError
from lake_assets.readers.blocks import NUL_BECOMES, BadRecord, Block, Record
from lake_assets.readers.dialect import Dialect

BLOCK = 2**20  # characters handed on together
NUL = "a NUL byte"

Cells = Sequence[str | None]


class Broken(Exception):  # noqa: N818 - it ends a record, not the program
    """The record cannot be read; the text says why."""


class Rows(Protocol):
    """Some records in a row."""

    def __len__(self) -> int:
        """Return the number of records."""

    def raw(self, index: int) -> bytes:
        """Return a record as it was; a Parquet record as a JSON line."""

    def cells(self, index: int) -> Cells:
        """Return a record's values, None for NULL, with NULs as they are; `Op` first where there is one.

        Raises:
            Broken: the record cannot be read.
        """

    def judged(self, index: int) -> Cells:
        """Return the same as `lake_assets.discover` judges types by.

        Raises:
            Broken: the record cannot be read.
        """


def blocks(batches: Iterable[Rows], dialect: Dialect) -> Iterator[Block]:
    """Write records for COPY; see `readers.records.read_blocks`."""
    nothing = "," * (dialect.cells - 1) + "\n"
    lines: list[str] = []
    bad: list[BadRecord] = []
    number = nuls = size = 0
    for batch in batches:
        for index in range(len(batch)):
            number += 1
            try:
                cells = batch.cells(index)
                line = _line(cells)
                nuls += _count_nuls(line, dialect)
            except Broken as broken:
                line = nothing
                bad.append(BadRecord(number=number, raw=batch.raw(index), reason=str(broken)))
            lines.append(line)
            size += len(line)
            if size >= BLOCK:
                yield _block(lines, bad, nuls, dialect)
                lines, bad, nuls, size = [], [], 0, 0
    if lines:
        yield _block(lines, bad, nuls, dialect)


def records(batches: Iterable[Rows], dialect: Dialect, wanted: Sequence[int]) -> Iterator[Record]:
    """Read single good records; see `readers.records.read_records`.

    Raises:
        LakeError: a wanted record is bad or not there.
    """
    first = 1
    done = 0
    for batch in batches:
        here = wanted_of(wanted, done, first + len(batch) - 1)
        for number in here:
            index = number - first
            try:
                cells = without_nuls(batch.cells(index), dialect)
            except Broken as broken:
                raise bad_record(number, str(broken)) from broken
            yield Record(number=number, raw=batch.raw(index), cells=tuple(cells))
        done += len(here)
        first += len(batch)
        if done == len(wanted):
            return
    if done < len(wanted):
        raise no_record(wanted[done])


def wanted_of(wanted: Sequence[int], done: int, last: int) -> Sequence[int]:
    """Return the wanted numbers behind the first `done` of them, up to and with `last`."""
    return wanted[done : bisect_right(wanted, last)]


def bad_record(number: int, reason: str) -> LakeError:
    """Return the error for a record that was good when the file was loaded."""
    return LakeError(f"Record {number} is bad: {reason}. Load the hour again.")


def no_record(number: int) -> LakeError:
    """Return the error for a record that was there when the file was loaded."""
    return LakeError(f"The file has no record {number}. Load the hour again.")


def without_nuls(cells: Cells, dialect: Dialect) -> Cells:
    """Return values that PostgreSQL can hold.

    Raises:
        Broken: there is a NUL, and the catalog says `nul: quarantine`.
    """
    if not any(cell and "\0" in cell for cell in cells):
        return cells
    if dialect.nul not in NUL_BECOMES:
        raise Broken(NUL)
    instead = NUL_BECOMES[dialect.nul].decode()
    return [cell and cell.replace("\0", instead) for cell in cells]


def _line(cells: Cells) -> str:
    # All in one loop: a call for each cell costs half as much again.
    written: list[str] = []
    for cell in cells:
        if cell is None:
            written.append("")
        elif '"' in cell:
            written.append('"' + cell.replace('"', '""') + '"')
        else:
            written.append(f'"{cell}"')
    return ",".join(written) + "\n"


def _count_nuls(line: str, dialect: Dialect) -> int:
    if "\0" not in line:
        return 0
    if dialect.nul not in NUL_BECOMES:
        raise Broken(NUL)
    return line.count("\0")


def _block(lines: list[str], bad: list[BadRecord], nuls: int, dialect: Dialect) -> Block:
    data = "".join(lines).encode()
    if nuls:
        data = data.replace(b"\0", NUL_BECOMES[dialect.nul])
    return Block(data, len(lines), ord(dialect.delimiter), tuple(bad), nuls)
