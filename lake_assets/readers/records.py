"""A file's records, each judged good or bad: the bad are set aside with their bytes, the good go on.

JSON lines are read in `readers.jsonl` and Parquet files in `readers.parquet`; what follows here is CSV. Where
its records begin and end is settled in `readers.csv_splitter`, how they are written for COPY in
`readers.csv_writer`. What their values mean is PostgreSQL's business.
"""

import codecs
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from lake_assets.readers import jsonl
from lake_assets.readers.blank_lines import without_blank_lines
from lake_assets.readers.blocks import NUL_BECOMES, BadRecord, Block, Record
from lake_assets.readers.csv_borders import QUOTE
from lake_assets.readers.csv_scanner import Slab, records_at
from lake_assets.readers.csv_splitter import LIMITS, Limits, split_records
from lake_assets.readers.csv_walker import split_cells
from lake_assets.readers.csv_writer import write_block
from lake_assets.readers.decode import decode
from lake_assets.readers.dialect import Dialect
from lake_assets.readers.rows import NUL, Rows, bad_record, blocks, no_record, records, wanted_of

UTF8_PIECE = 2**20  # bytes checked at once: as text they may take four times as much


def read_blocks(chunks: Iterable[bytes], dialect: Dialect, limits: Limits = LIMITS) -> Iterator[Block]:
    """Read a file for `COPY … (FORMAT csv, DELIMITER …, NULL …)`.

    Args:
        chunks: the object's raw bytes, cut anywhere.
        dialect: how they are to be read.
        limits: how much memory may be used.

    Returns:
        All records, in order; nothing is read before the first is asked for.

    Raises:
        LakeError: the bytes cannot be unpacked or decoded, or hold no line end where one is due.
    """
    if dialect.format != "csv":
        return blocks(read_rows(chunks, dialect, limits), dialect)
    return _blocks_of_csv(chunks, dialect, limits)


def read_rows(chunks: Iterable[bytes], dialect: Dialect, limits: Limits = LIMITS) -> Iterator[Rows]:
    """Read a file of JSON lines or of Parquet as values.

    Args:
        chunks: the object's raw bytes, cut anywhere.
        dialect: how they are to be read.
        limits: how much memory may be used.

    Raises:
        LakeError: the bytes cannot be read.
    """
    if dialect.format == "jsonl":
        return jsonl.read_rows(chunks, dialect, limits)
    from lake_assets.readers import parquet  # noqa: PLC0415 - takes a tenth of a second, and few files need it

    return parquet.read_rows(chunks, dialect, limits)


def _blocks_of_csv(chunks: Iterable[bytes], dialect: Dialect, limits: Limits) -> Iterator[Block]:
    for first, slab in _slabs(chunks, dialect, limits):
        bad = {
            index: BadRecord(number=first + index, raw=slab.raw(index), reason=reason)
            for index, reason in sorted(_faults(slab, dialect).items())
        }
        yield write_block(slab, bad, dialect)


def read_records(
    chunks: Iterable[bytes], dialect: Dialect, wanted: Sequence[int], limits: Limits = LIMITS
) -> Iterator[Record]:
    """Read single good records of a file.

    Args:
        chunks: the object's raw bytes, cut anywhere.
        dialect: how they are to be read.
        wanted: numbers of good records, ascending.
        limits: how much memory may be used.

    Returns:
        The wanted records, ascending.

    Raises:
        LakeError: the bytes cannot be read, or a wanted record is bad or not there.
    """
    if dialect.format != "csv":
        return records(read_rows(chunks, dialect, limits), dialect, wanted)
    return _records_of_csv(chunks, dialect, wanted, limits)


def _records_of_csv(
    chunks: Iterable[bytes], dialect: Dialect, wanted: Sequence[int], limits: Limits
) -> Iterator[Record]:
    done = 0
    for first, slab in _slabs(chunks, dialect, limits):
        if done == len(wanted):
            return
        here = wanted_of(wanted, done, first + len(slab) - 1)
        faults = _faults(slab, dialect) if here else {}
        for number in here:
            index = number - first
            if index in faults:
                raise bad_record(number, faults[index])
            raw = slab.raw(index)
            yield Record(number=number, raw=raw, cells=tuple(_values(raw, dialect)))
        done += len(here)
    if done < len(wanted):
        raise no_record(wanted[done])


def _slabs(chunks: Iterable[bytes], dialect: Dialect, limits: Limits) -> Iterator[tuple[int, Slab]]:
    """Return the slabs without header and blank lines, each with the number of its first record."""
    text = decode(chunks, dialect.compression, dialect.encoding)
    number = 1
    is_header = dialect.header
    for slab in split_records(text, dialect.delimiter, dialect.quoting, limits):
        rest = without_blank_lines(slab, dialect.cells)
        if is_header and len(rest):
            rest = rest.without_first()
            is_header = False
        if len(rest):
            yield number, rest
        number += len(rest)


def _faults(slab: Slab, dialect: Dialect) -> dict[int, str]:
    """Return what is wrong with each bad record, by its index; the fault that explains most comes first."""
    faults = dict(slab.faults)
    due = dialect.cells
    for index in np.flatnonzero(slab.widths != due).tolist():
        width = int(slab.widths[index])
        cells = "cell" if width == 1 else "cells"
        faults.setdefault(index, f"{width} {cells} where {due} are expected")
    if dialect.nul == "quarantine" and b"\0" in slab.data:
        nuls = np.flatnonzero(np.frombuffer(slab.data, np.uint8) == 0)
        for index in records_at(slab.ends, nuls):
            faults.setdefault(index, NUL)
    if not _is_utf8(slab.data):
        for index in range(len(slab)):
            if not _is_utf8(slab.raw(index)):
                faults.setdefault(index, f"bytes that are not {dialect.encoding}")
    return faults


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for at in range(0, len(data), UTF8_PIECE):
            end = at + UTF8_PIECE
            decoder.decode(data[at:end], final=end >= len(data))
    except UnicodeDecodeError:
        return False
    return True


def _values(raw: bytes, dialect: Dialect) -> Iterator[str | None]:
    """Return the values of a good record's cells, None for NULL."""
    null = dialect.null.encode()
    text = raw.replace(b"\0", NUL_BECOMES.get(dialect.nul, b"\0"))
    for value, quoted in _cells(text, dialect):
        is_null = value == null and not quoted
        yield None if is_null else value.decode()


def _cells(text: bytes, dialect: Dialect) -> Iterable[tuple[bytes, bool]]:
    """Return each cell's value, and whether it was quoted."""
    delimiter = dialect.delimiter.encode()
    if dialect.quoting == "rfc4180" and QUOTE in text:
        return split_cells(text, delimiter)
    return ((value, False) for value in text.split(delimiter))
