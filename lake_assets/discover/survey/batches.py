"""The cells of a file, many records at a time and column by column, as the loader will read them.

This is the one place where discovery reads whole files. Where records begin and end, and which are bad, is
told by `readers.csv_splitter`; bad records are left out here. What the cells mean is `cells`' business.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from lake_assets.catalog.models import DEFAULT_MAX_BYTES, FileOptions
from lake_assets.discover.cells.column_profile import NULL
from lake_assets.discover.survey.csv_cells import columns_of, marked
from lake_assets.readers.blank_lines import without_blank_lines
from lake_assets.readers.csv_scanner import Slab
from lake_assets.readers.csv_splitter import split_records
from lake_assets.readers.decode import decode
from lake_assets.readers.dialect import Dialect
from lake_assets.readers.records import read_rows
from lake_assets.readers.rows import Broken, Rows, without_nuls
from lake_assets.readers.unpacking import Room


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
    bad: Mapping[str, int] = field(default_factory=dict)
    alien: list[bytes] = field(default_factory=list)
    beyond_ascii: bool = False

    def without_header(self) -> "Batch":
        """Return the same without the file's first record, and numbered as if that were none."""
        begins_file = list(self.numbers[:1]) == [1]
        first = 0
        if begins_file:
            first = 1
        return Batch(
            numbers=[number - 1 for number in self.numbers[first:]],
            columns=[cells[first:] for cells in self.columns],
            bad=self.bad,
            alien=self.alien,
            beyond_ascii=self.beyond_ascii,
        )


def read_csv_batches(chunks: Iterable[bytes], files: FileOptions, width: int) -> Iterator[Batch]:
    """Read a CSV file.

    Args:
        chunks: its raw bytes, cut anywhere.
        files: how the file is written; compression and encoding are settled (`readers.head.settle`).
        width: cells of a good record.

    Raises:
        LakeError: the bytes cannot be unpacked or decoded, or hold no line end where one is due.
    """
    number = 1
    text = decode(chunks, files.compression, files.encoding, room=Room(DEFAULT_MAX_BYTES))
    for lines in split_records(text, files.delimiter, files.quoting):
        slab = without_blank_lines(lines, width)
        if not len(slab):
            continue
        batch = _whole_batch(slab, number, files, width)
        yield batch or _sorted_batch(slab, number, files, width)
        number += len(slab)


def read_named_batches(chunks: Iterable[bytes], dialect: Dialect) -> Iterator[Batch]:
    """Read a file whose format names its columns.

    Args:
        chunks: its raw bytes, cut anywhere.
        dialect: how the loader reads it.

    Raises:
        LakeError: the bytes cannot be read.
    """
    number = 1
    for rows in read_rows(chunks, dialect):
        yield _named_batch(rows, number, dialect)
        number += len(rows)


def _named_batch(rows: Rows, first: int, dialect: Dialect) -> Batch:
    numbers: list[int] = []
    records: list[list[str]] = []
    bad: Counter[str] = Counter()
    for index in range(len(rows)):
        try:
            values = without_nuls(rows.judged(index), dialect)
        except Broken as broken:
            bad[str(broken)] += 1
        else:
            numbers.append(first + index)
            records.append([NULL if value is None else marked(value) for value in values])
    width = len(dialect.columns) + dialect.op
    columns = [_column_of(records, place) for place in range(width)]
    return Batch(numbers=numbers, columns=columns, bad=bad)


def _column_of(records: Sequence[Sequence[str]], place: int) -> list[str]:
    return [record[place] for record in records]


def _whole_batch(slab: Slab, first: int, files: FileOptions, width: int) -> Batch | None:
    """Return the records of a slab at once; None if one of them may be bad."""
    if slab.faults or (slab.widths != width).any():
        return None
    if files.nul == "quarantine" and b"\0" in slab.data:
        return None
    text = _as_text(_without_line_crs(slab))
    if text is None:
        return None
    if not text.endswith("\n"):
        text += "\n"
    return Batch(
        numbers=range(first, first + len(slab)),
        columns=columns_of(text, files, width),
        beyond_ascii=not text.isascii(),
    )


def _sorted_batch(slab: Slab, first: int, files: FileOptions, width: int) -> Batch:
    """Return the records of a slab, each judged by itself."""
    numbers: list[int] = []
    good: list[str] = []
    bad: Counter[str] = Counter()
    alien: list[bytes] = []
    beyond_ascii = False
    for index in range(len(slab)):
        raw = slab.raw(index)
        text = _as_text(raw)
        reason = _fault(slab, index, text, files, width)
        if text is None:
            alien.append(raw)
        elif not text.isascii():
            beyond_ascii = True
        if reason:
            bad[reason] += 1
        elif text is not None:
            numbers.append(first + index)
            good.append(f"{text}\n")
    columns = columns_of("".join(good), files, width)
    return Batch(numbers=numbers, columns=columns, bad=bad, alien=alien, beyond_ascii=beyond_ascii)


def _without_line_crs(slab: Slab) -> bytes:
    if not len(slab.line_crs):
        return slab.data
    return np.delete(np.frombuffer(slab.data, np.uint8), slab.line_crs).tobytes()


def _fault(slab: Slab, index: int, text: str | None, files: FileOptions, width: int) -> str | None:
    """Return why a record is bad; None for a good one. `text` is None where it is not in its encoding."""
    if index in slab.faults:
        return slab.faults[index]
    if text is None:
        return f"bytes that are not {files.encoding}"
    if files.nul == "quarantine" and "\0" in text:
        return "a NUL byte"
    cells = int(slab.widths[index])
    if cells == width:
        return None
    plural = "s"
    if cells == 1:
        plural = ""
    return f"{cells} cell{plural} where {width} are expected"


def _as_text(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None
