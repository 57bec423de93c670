"""A file's records, each judged good or bad: the bad are set aside with their bytes, the good go on.

Where records begin and end is settled in `lake.cut`, how they are written for COPY in `lake.copy_text`. What
their values mean is PostgreSQL's business.
"""

import codecs
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lake_assets.exceptions import LakeError
from lake_assets.lake.copy_text import copy_text
from lake_assets.lake.cut import LIMITS, Limits, cut
from lake_assets.lake.decode import decode
from lake_assets.lake.dialect import Dialect
from lake_assets.lake.scan import QUOTE, Slab, owners
from lake_assets.lake.walk import split

NUL_BECOMES = {"replace": "\ufffd".encode(), "strip": b""}
UTF8_PIECE = 2**20  # bytes checked at once: as text they may take four times as much


@dataclass(frozen=True)
class BadRecord:
    """A record that cannot be handed to PostgreSQL.

    Attributes:
        number: 1-based within the file, the header not counted.
        raw: its bytes without the line end; unpacked and transcoded, otherwise as they were.
        reason: what is wrong, for a person.
    """

    number: int
    raw: bytes
    reason: str


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


def read_blocks(chunks: Iterable[bytes], dialect: Dialect, limits: Limits = LIMITS) -> Iterator[Block]:
    """Read a file for `COPY … (FORMAT csv, DELIMITER …, NULL …)`.

    Args:
        chunks: the object's raw bytes, cut anywhere.
        dialect: how they are to be read.
        limits: how much memory may be used.

    Yields:
        All records, in order.

    Raises:
        LakeError: the bytes cannot be unpacked or decoded, or hold no line end where one is due.
    """
    for first, slab in _slabs(chunks, dialect, limits):
        faults = _faults(slab, dialect)
        data = copy_text(slab, faults, dialect)
        nuls = 0
        if dialect.nul in NUL_BECOMES and b"\0" in data:
            nuls = data.count(b"\0")
            data = data.replace(b"\0", NUL_BECOMES[dialect.nul])
        bad = tuple(
            BadRecord(first + index, slab.raw(index), reason) for index, reason in sorted(faults.items())
        )
        yield Block(data, len(slab), bad, nuls)


def read_records(
    chunks: Iterable[bytes], dialect: Dialect, wanted: Sequence[int], limits: Limits = LIMITS
) -> Iterator[Record]:
    """Read single good records of a file.

    Args:
        chunks: the object's raw bytes, cut anywhere.
        dialect: how they are to be read.
        wanted: numbers of good records, ascending.
        limits: how much memory may be used.

    Yields:
        The wanted records, ascending.

    Raises:
        LakeError: the bytes cannot be read, or a wanted record is bad or not there.
    """
    done = 0
    for first, slab in _slabs(chunks, dialect, limits):
        if done == len(wanted):
            return
        here = wanted[done : bisect_right(wanted, first + len(slab) - 1)]
        faults = _faults(slab, dialect) if here else {}
        for number in here:
            if number - first in faults:
                raise LakeError(f"Record {number} is bad: {faults[number - first]}. Load the hour again.")
            raw = slab.raw(number - first)
            yield Record(number, raw, tuple(_values(raw, dialect)))
        done += len(here)
    if done < len(wanted):
        raise LakeError(f"The file has no record {wanted[done]}. Load the hour again.")


def _slabs(chunks: Iterable[bytes], dialect: Dialect, limits: Limits) -> Iterator[tuple[int, Slab]]:
    """Give the slabs without the header, each with the number of its first record."""
    text = decode(chunks, dialect.compression, dialect.encoding)
    number, header = 1, dialect.header
    for slab in cut(text, dialect.delimiter, dialect.quoting, limits):
        records = slab.without_first() if header else slab
        header = False
        if len(records):
            yield number, records
        number += len(records)


def _faults(slab: Slab, dialect: Dialect) -> dict[int, str]:
    """Say what is wrong with each bad record, by its index; the fault that explains most comes first."""
    faults = dict(slab.faults)
    due = len(dialect.columns) + dialect.op
    for index in np.flatnonzero(slab.widths != due):
        width = int(slab.widths[index])
        faults.setdefault(int(index), f"{width} cell{'s' * (width != 1)} where {due} are expected")
    if dialect.nul == "quarantine" and b"\0" in slab.data:
        nuls = np.flatnonzero(np.frombuffer(slab.data, np.uint8) == 0)
        faults = dict.fromkeys(owners(slab.ends, nuls), "a NUL byte") | faults
    if not _is_utf8(slab.data):
        alien = (index for index in range(len(slab)) if not _is_utf8(slab.raw(index)))
        faults = dict.fromkeys(alien, f"bytes that are not {dialect.encoding}") | faults
    return faults


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for at in range(0, len(data), UTF8_PIECE):
            decoder.decode(data[at : at + UTF8_PIECE], final=at + UTF8_PIECE >= len(data))
    except UnicodeDecodeError:
        return False
    return True


def _values(raw: bytes, dialect: Dialect) -> Iterator[str | None]:
    null, delimiter = dialect.null.encode(), dialect.delimiter.encode()
    text = raw.replace(b"\0", NUL_BECOMES.get(dialect.nul, b"\0"))
    if dialect.quoting == "rfc4180" and QUOTE in text:
        for value, quoted in split(text, delimiter):
            yield None if value == null and not quoted else value.decode()
    else:
        for value in text.split(delimiter):
            yield None if value == null else value.decode()
