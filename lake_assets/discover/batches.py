"""The cells of a file, many records at a time and column by column, as the loader will read them.

This is the one place where discovery reads cells; other formats than CSV join here. Where records begin and
end, and which are bad, is told by `readers.csv_splitter`; bad records are left out here. What the cells mean
is `profile`'s business.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice

import numpy as np

from lake_assets.catalog.models import FileOptions
from lake_assets.discover.classes import QUOTED
from lake_assets.discover.profile import NULL, SPECIAL
from lake_assets.readers.blocks import NUL_BECOMES
from lake_assets.readers.csv_scanner import Slab
from lake_assets.readers.csv_splitter import split_records
from lake_assets.readers.decode import decode
from lake_assets.readers.dialect import Dialect
from lake_assets.readers.head import SAMPLE, head_records, settle
from lake_assets.readers.records import read_rows
from lake_assets.readers.rows import Broken, without_nuls

Cells = tuple[str, ...]


@dataclass(frozen=True)
class Batch:
    """Some good records of one width.

    Attributes:
        numbers: their numbers in the file, from 1, the first record included whatever it is.
        columns: for each column the cells, `QUOTED` before those that mean NULL only without quotes.
        bad: how many records around them are bad, by reason.
        alien: records among the bad that are not in the file's encoding.
        beyond_ascii: some record is in the file's encoding and not in ASCII.
    """

    numbers: Sequence[int]
    columns: list[list[str]]
    bad: dict[str, int]
    alien: list[bytes] = field(default_factory=list)
    beyond_ascii: bool = False


def sample(head: bytes, files: FileOptions) -> list[Cells | None]:
    """Give the records that the loader judges a file by, None for those whose quoting is broken.

    Raises:
        LakeError: the head cannot be unpacked or decoded.
    """
    records = islice(_head_records(head, files), SAMPLE)
    return [None if fault else cells_of(raw, files) for raw, fault in records]


def count_quotes(head: bytes, files: FileOptions) -> tuple[int, int]:
    """Count the records at a file's beginning that use quotes as RFC 4180 has it, and those that break it.

    Raises:
        LakeError: the head cannot be unpacked or decoded.
    """
    records = [(raw, fault) for raw, fault in _head_records(head, files) if b'"' in raw]
    broken = sum(fault is not None for _, fault in records)
    return len(records) - broken, broken


def _head_records(head: bytes, files: FileOptions) -> Iterator[tuple[bytes, str | None]]:
    """Give the first records as the loader sees them, each with its fault."""
    settled, _ = settle(head, files)
    return head_records(head, settled)


def read_batches(chunks: Iterable[bytes], files: FileOptions, width: int) -> Iterator[Batch]:
    """Read a file.

    Args:
        chunks: its raw bytes, cut anywhere.
        files: how the file is written; compression and encoding are settled (`readers.head.settle`).
        width: cells of a good record.

    Raises:
        LakeError: the bytes cannot be unpacked or decoded, or hold no line end where one is due.
    """
    number = 1
    for slab in split_records(
        decode(chunks, files.compression, files.encoding), files.delimiter, files.quoting
    ):
        yield _batch(slab, number, files, width)
        number += len(slab)


def read_named(chunks: Iterable[bytes], dialect: Dialect) -> Iterator[Batch]:
    """Read a file whose format names its columns.

    Args:
        chunks: its raw bytes, cut anywhere.
        dialect: how the loader reads it.

    Raises:
        LakeError: the bytes cannot be read.
    """
    first = 1
    for rows in read_rows(chunks, dialect):
        numbers: list[int] = []
        cells: list[list[str]] = []
        bad: dict[str, int] = {}
        for index in range(len(rows)):
            try:
                values = without_nuls(rows.judged(index), dialect)
            except Broken as broken:
                bad[str(broken)] = bad.get(str(broken), 0) + 1
                continue
            numbers.append(first + index)
            cells.append([NULL if value is None else _marked(value) for value in values])
        places = range(len(dialect.columns) + dialect.op)
        yield Batch(numbers, [[row[place] for row in cells] for place in places], bad)
        first += len(rows)


def _marked(value: str) -> str:
    return QUOTED + value if value in SPECIAL else value


def _batch(slab: Slab, first: int, files: FileOptions, width: int) -> Batch:
    numbers: Sequence[int] = range(first, first + len(slab))
    # A quarantined NUL makes its record bad, and half the work is not worth a path of its own.
    doubtful = (
        slab.faults or (slab.widths != width).any() or (files.nul == "quarantine" and b"\0" in slab.data)
    )
    if not doubtful and (text := _as_text(_without_line_crs(slab))) is not None:
        columns = _columns(text if text.endswith("\n") else f"{text}\n", files, width)
        return Batch(numbers, columns, {}, beyond_ascii=not text.isascii())
    good: list[tuple[int, bytes]] = []
    bad: dict[str, int] = {}
    alien: list[bytes] = []
    beyond_ascii = False
    for index in range(len(slab)):
        raw = slab.raw(index)
        text = _as_text(raw)
        if text is None:
            alien.append(raw)
        else:
            beyond_ascii = beyond_ascii or not text.isascii()
        if reason := _fault(slab, index, raw, files, width):
            bad[reason] = bad.get(reason, 0) + 1
        else:
            good.append((first + index, raw))
    columns = _columns(b"".join(raw + b"\n" for _, raw in good).decode(), files, width)
    return Batch([number for number, _ in good], columns, bad, alien, beyond_ascii)


def _without_line_crs(slab: Slab) -> bytes:
    if not len(slab.line_crs):
        return slab.data
    return np.delete(np.frombuffer(slab.data, np.uint8), slab.line_crs).tobytes()


def _fault(slab: Slab, index: int, raw: bytes, files: FileOptions, width: int) -> str | None:
    if index in slab.faults:
        return slab.faults[index]
    if _as_text(raw) is None:
        return f"bytes that are not {files.encoding}"
    if files.nul == "quarantine" and b"\0" in raw:
        return "a NUL byte"
    cells = int(slab.widths[index])
    return None if cells == width else f"{cells} cell{'s' * (cells != 1)} where {width} are expected"


def _as_text(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _columns(text: str, files: FileOptions, width: int) -> list[list[str]]:
    """Cut records of one width, each with a LF behind it, into columns."""
    text = text.replace("\0", NUL_BECOMES.get(files.nul, b"").decode())
    if files.quoting == "rfc4180" and '"' in text:
        cells = _cell_form(files.delimiter).findall(text)
        return [_values(cells[place::width]) for place in range(width)]
    cells = text.replace("\n", files.delimiter).split(files.delimiter)
    cells.pop()  # what stands behind the last LF
    return [cells[place::width] for place in range(width)]


def cells_of(raw: bytes, files: FileOptions) -> Cells:
    """Cut one good record into its cells, as `Batch` has them."""
    text = raw.decode(errors="replace") + "\n"
    if files.quoting == "rfc4180" and '"' in text:
        return tuple(_values(_cell_form(files.delimiter).findall(text)))
    return tuple(text[:-1].split(files.delimiter))


@cache
def _cell_form(delimiter: str) -> re.Pattern[str]:
    mark = re.escape(delimiter)
    return re.compile(rf'("[^"]*+(?:""[^"]*+)*+"|[^"\n{mark}]*+)[\n{mark}]')


def _values(cells: list[str]) -> list[str]:
    return [_value(cell) if cell.startswith('"') else cell for cell in cells]


def _value(quoted: str) -> str:
    return _marked(quoted[1:-1].replace('""', '"'))
