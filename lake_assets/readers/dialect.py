"""How one file is written: what the catalog says, and what can only be seen in the file itself.

Seen in the file are compression, header, a leading `Op` column, which cell belongs to which column, and an
encoding that its first bytes give away. Delimiter, quoting and NULL are never guessed from data: a wrong
guess would be believed for years.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import chain, count, islice
from typing import Any, Self

from lake_assets.catalog.models import FileOptions, Table
from lake_assets.readers.csv_splitter import split_records
from lake_assets.readers.csv_walker import split_cells
from lake_assets.readers.decode import GZIP_MAGIC, beginning, decode
from lake_assets.readers.encoding import encoding_of

OP = "op"
NAMED = {"jsonl": "JSON lines", "parquet": "Parquet files"}
OP_LETTERS = {"full": frozenset("I"), "cdc": frozenset("IUD")}  # DMS guide, "Using Amazon S3 as a target"
HEAD = 2**20  # bytes looked at, once unpacked
SAMPLE = 100  # records looked at

Cells = tuple[str, ...]

_NUMBER = re.compile(r"[+-]?[0-9][0-9.,:+\-/ T]*")  # or a date or a time: a value beside a column's name


@dataclass(frozen=True)
class Dialect:
    """How one file is to be read.

    Attributes:
        delimiter: the byte between cells.
        quoting: `rfc4180` or `none`.
        null: an unquoted cell of this text is NULL.
        encoding: of the text, by its name in Python.
        compression: `gzip` or `none`.
        header: whether the first record names the columns.
        op: whether each record begins with an `Op` cell.
        columns: the file's columns in file order, without `Op`; every record has a cell for each.
        nul: what becomes of a NUL byte: `replace`, `strip` or `quarantine`.
        format: `csv`, `jsonl` or `parquet`; of the last two, what is said of cells is how they reach COPY.
        keys: in JSON lines, the key of each cell, as the file spells it; `Op`'s first.
        missing: file columns that the catalog names and this file has not.
        extra: columns of this file that the catalog does not name.
        reasons: what was decided by looking at the file, and why.
    """

    delimiter: str
    quoting: str
    null: str
    encoding: str
    compression: str
    header: bool
    op: bool
    columns: tuple[str, ...]
    nul: str = "replace"
    format: str = "csv"
    keys: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def cells(self) -> int:
        """The number of cells of a good record."""
        return len(self.columns) + self.op

    def as_json(self) -> dict[str, Any]:
        """Give what the ledger keeps of it."""
        return {
            name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Read back what the ledger kept."""
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()
        }
        return cls(**values)


def decide(head: bytes, table: Table, kind: str) -> Dialect:
    """Find out how a CSV file is written.

    Args:
        head: its first raw bytes, some hundred kilobytes or all of it; may end anywhere.
        table: what the catalog says.
        kind: `full` or `cdc`, from the file's name.

    Raises:
        LakeError: the head cannot be unpacked or decoded.
    """
    files, reasons = settle(head, table.files)
    records = list(islice(_records(head, files), SAMPLE))
    header = _has_header(records, table, reasons)
    if header:
        op, columns = _columns_by_name(records[0] or (), table, reasons)
        _compare_widths(records, reasons)
    else:
        op, columns = _columns_by_place([cells for cells in records if cells], table, kind, reasons)
    return Dialect(
        delimiter=files.delimiter,
        quoting=files.quoting,
        null=files.null,
        encoding=files.encoding,
        compression=files.compression,
        header=header,
        op=op,
        columns=columns,
        nul=files.nul,
        missing=tuple(name for name in table.file_columns if name not in columns),
        extra=tuple(name for name in columns if name not in table.file_columns),
        reasons=reasons,
    )


def decide_named(
    names: Sequence[str], table: Table, files: FileOptions, file_format: str, reasons: Mapping[str, str]
) -> Dialect:
    """Find out which column is which in a file whose format names them: JSON lines or Parquet.

    Args:
        names: the file's own, in its order; none if the file holds nothing to tell them by.
        table: what the catalog says; places of columns mean nothing here.
        files: how the file is written, compression and encoding settled.
        file_format: `jsonl` or `parquet`.
        reasons: of what was decided so far.
    """
    why = dict(reasons)
    why["header"] = f"{NAMED[file_format]} name their columns"
    op, columns = _columns_by_name(tuple(names), table, why, placed=False)
    return Dialect(
        delimiter=",",
        quoting="rfc4180",
        null="",
        encoding=files.encoding,
        compression=files.compression,
        header=True,
        op=op,
        columns=columns if names else table.file_columns,
        nul=files.nul,
        format=file_format,
        keys=tuple(names) if file_format == "jsonl" else (),
        missing=tuple(name for name in table.file_columns if names and name not in columns),
        extra=tuple(name for name in columns if name not in table.file_columns),
        reasons=why,
    )


def settle(head: bytes, files: FileOptions) -> tuple[FileOptions, dict[str, str]]:
    """Find out a file's compression and encoding.

    Args:
        head: its first raw bytes.
        files: what the catalog says.

    Returns:
        The options with both settled, and the reasons.

    Raises:
        LakeError: the head cannot be unpacked.
    """
    compression, why_packed = compression_of(head, files)
    encoding, why_encoded = encoding_of(head, compression, files.encoding)
    settled = files.model_copy(update={"compression": compression, "encoding": encoding})
    return settled, {"compression": why_packed, "encoding": why_encoded}


def compression_of(head: bytes, files: FileOptions) -> tuple[str, str]:
    """Tell how a file is packed, `gzip` or `none`, and why."""
    if files.compression != "auto":
        return files.compression, f"the catalog says {files.compression}"
    packed = head.startswith(GZIP_MAGIC)
    return ("gzip", "begins with 1f 8b") if packed else ("none", "does not begin with 1f 8b")


def head_records(head: bytes, files: FileOptions) -> Iterator[tuple[bytes, str | None]]:
    """Give the first records of a file, each with its fault, if its quoting is broken.

    Args:
        head: its first raw bytes; may end anywhere.
        files: how it is written; compression and encoding are settled.

    Raises:
        LakeError: the head cannot be unpacked or decoded.
    """
    text = beginning(decode([head], files.compression, files.encoding, whole=False), HEAD)
    whole_lines = text[: text.rfind(b"\n") + 1] or text
    for slab in split_records([whole_lines], files.delimiter, files.quoting):
        for index in range(len(slab)):
            yield slab.raw(index), slab.faults.get(index)


def _records(head: bytes, files: FileOptions) -> Iterator[Cells | None]:
    """Give the cells of the first records, None for one whose quoting is broken."""
    delimiter = files.delimiter.encode()
    for raw, fault in head_records(head, files):
        if fault is not None:
            yield None
        elif files.quoting == "none":
            yield tuple(raw.decode(errors="replace").split(files.delimiter))
        else:
            yield tuple(value.decode(errors="replace") for value, _ in split_cells(raw, delimiter))


def _has_header(records: Sequence[Cells | None], table: Table, reasons: dict[str, str]) -> bool:
    if table.files.header != "auto":
        reasons["header"] = f"the catalog says {str(table.files.header).lower()}"
        return table.files.header
    if not records or not records[0]:
        reasons["header"] = "the file is empty" if not records else "the first record's quoting is broken"
        return False
    names = records[0][_begins_with_op(records[0], table) :]
    known = set(table.file_columns)
    if len(known) > 1:
        names, known = tuple(map(str.casefold, names)), set(map(str.casefold, known))
    hits = sum(name in known for name in names)
    reasons["header"] = f"{hits} of {len(names)} cells of the first record are columns of {table.qualified}"
    if len(known) > 1 and known <= set(names):
        return True
    if numbers := [name for name in names if name not in known and _NUMBER.fullmatch(name)]:
        reasons["header"] += f", and {numbers[0]} is no name"
    return 2 * hits >= len(names) > 0 and not numbers


def _begins_with_op(names: Cells, table: Table) -> bool:
    declared = {column.casefold() for column in table.file_columns}
    return bool(names) and names[0].casefold() == OP and OP not in declared


def _columns_by_name(
    first: Cells, table: Table, reasons: dict[str, str], *, placed: bool = True
) -> tuple[bool, tuple[str, ...]]:
    op = _begins_with_op(first, table)
    reasons["op"] = "the header begins with Op" if op else "the header does not begin with Op"
    # The ledger keeps the names as JSON, in which PostgreSQL holds no NUL.
    names = tuple(name.replace("\0", "\N{REPLACEMENT CHARACTER}") for name in first[op:])
    fixed = {column.file_column: column.position for column in table.columns if column.position and placed}
    bound = {place - 1: column for column, place in fixed.items() if place <= len(names)}
    free = [column for column in table.file_columns if column not in fixed]
    for form in (str, str.casefold):
        for index, name in enumerate(names):
            same = next((column for column in free if form(column) == form(name)), None)
            if same is not None and index not in bound:
                bound[index] = same
                free.remove(same)
    reasons["columns"] = "as the header names them"
    if renamed := [f"{names[i]} is {column}" for i, column in sorted(bound.items()) if names[i] != column]:
        reasons["columns"] += f" ({', '.join(renamed)})"
    return op, _name_all(names, bound, table)


def _columns_by_place(
    sample: Sequence[Cells], table: Table, kind: str, reasons: dict[str, str]
) -> tuple[bool, tuple[str, ...]]:
    places = table.file_places
    due = max(places.values(), default=0)
    widths = Counter(map(len, sample)) or Counter([due])
    # One ragged record at the top must not decide for all that follow.
    width = max(widths, key=lambda cells: (widths[cells], cells in {due, due + 1}))
    letters = OP_LETTERS[kind]
    op = width != due and all(cells[0] in letters for cells in sample if len(cells) == width)
    reasons["op"] = (
        f"{width} cells where the catalog names {due}, the first always one of {', '.join(sorted(letters))}"
        if op
        else f"{width} cells where the catalog names {due}"
    )
    reasons["columns"] = "by place, as in the catalog"
    names = ("",) * (width - op)
    bound = {place - 1: column for column, place in places.items() if place <= len(names)}
    return op, _name_all(names, bound, table)


def _name_all(names: Cells, bound: Mapping[int, str], table: Table) -> tuple[str, ...]:
    """Give every cell a name of its own: its column's, else the header's, else one made from its place."""
    taken = set(table.file_columns)
    columns = []
    for index, name in enumerate(names):
        wish = name or f"column_{index + 1}"
        fresh = (again for again in chain([wish], (f"{wish}#{n}" for n in count(2))) if again not in taken)
        columns.append(bound[index] if index in bound else next(fresh))
        taken.add(columns[-1])
    return tuple(columns)


def _compare_widths(records: Sequence[Cells | None], reasons: dict[str, str]) -> None:
    """Say so where the header and the data beneath it have not the same width, a known fault of DMS."""
    header, data = records[:1], [cells for cells in records[1:] if cells]
    due = len(header[0]) if header and header[0] else 0
    if data and len(data[0]) != due:
        reasons["width"] = (
            f"the header has {due} cells and the first record {len(data[0])}: records of another width than "
            "the header's are bad"
        )
