"""What reading a file gives, whatever its format: records for COPY in blocks, bad ones, single ones.

Plain values only. How they are made is `readers.records`', `readers.jsonl`'s and `readers.parquet`'s.
"""

from dataclasses import dataclass

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


@dataclass(frozen=True)
class Block:
    """Some records in a row, ready for COPY.

    Attributes:
        data: CSV with LF line ends; a bad record's place is held by one whose cells are all NULL.
        records: how many there are, bad ones included.
        bad: the bad ones.
        nuls: NUL bytes that were replaced or stripped in good records.
    """

    data: bytes
    records: int
    bad: tuple[BadRecord, ...]
    nuls: int


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
