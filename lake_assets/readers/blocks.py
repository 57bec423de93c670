"""What reading a file gives, whatever its format: records for COPY in blocks, bad ones, single ones.

Plain values only. How they are made is `readers.records`', `readers.jsonl`'s and `readers.parquet`'s.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from lake_assets.readers.csv_borders import Borders, Positions, find_borders

NUL_BECOMES = {"replace": "\ufffd".encode(), "strip": b""}


@dataclass(frozen=True)
class BadRecord:
    """A record that is not loaded, and why.

    Attributes:
        number: 1-based within the file, the header not counted.
        raw: its bytes without the line end; unpacked and transcoded, otherwise as they were. Empty where only
            its number is known: whatever refuses a record after it was read has no other name for it.
        reason: what is wrong, for a person.
        sqlstate: PostgreSQL's code for the refusal, where it was PostgreSQL that refused.
        column_name: the warehouse column that could not take its value, where it is one column.
        value: that value.
    """

    number: int
    raw: bytes
    reason: str
    sqlstate: str | None = None
    column_name: str | None = None
    value: str | None = None


@dataclass(frozen=True, eq=False)
class Block:
    """Some records in a row, ready for COPY: all have the same number of cells.

    Attributes:
        data: CSV with LF line ends; a bad record's place is held by one whose cells are all NULL.
        records: how many there are, bad ones included.
        delimiter: the byte between cells.
        bad: the bad ones.
        nuls: NUL bytes that were replaced or stripped in good records.
        scanned: where its cells end, if that is known from reading the file.
    """

    data: bytes
    records: int
    delimiter: int
    bad: tuple[BadRecord, ...] = ()
    nuls: int = 0
    scanned: Borders | None = None

    @cached_property
    def borders(self) -> Borders:
        """Where its cells end; found at the first need where reading the file did not tell it."""
        if self.scanned is not None:
            return self.scanned
        return find_borders(self.data, self.delimiter, self.records)

    @property
    def ends(self) -> Positions:
        """For each record the offset one past its line end."""
        ends: Positions = self.borders[:, -1] + 1
        return ends

    def lines(self) -> Iterator[bytes]:
        """Return the records one by one, each with its line end."""
        for start, end in pairwise([0, *self.ends.tolist()]):
            yield self.data[start:end]

    def cell(self, record: int, place: int) -> bytes:
        """Return a cell as it is written, quotes included; both counted from 0."""
        end = record * self.borders.shape[1] + place
        start = self.borders.flat[end - 1] + 1 if end else 0
        return self.data[start : self.borders.flat[end]]


@dataclass(frozen=True)
class Record:
    """A good record on its own.

    Attributes:
        number: 1-based within the file, the header not counted.
        raw: its bytes without the line end; unpacked and transcoded, otherwise as they were.
        cells: their text, None for NULL; the Op cell first where there is one.
    """

    number: int
    raw: bytes
    cells: tuple[str | None, ...]
