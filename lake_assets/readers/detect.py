"""Find out how one file is written, whatever its format: by its name and its first bytes, or by all of them.

The keys of JSON lines are known when the last line is read, and the schema of a Parquet file stands at its
end, so those are read once more than CSV is. What is found is a `readers.dialect.Dialect`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from lake_assets.catalog.models import FileOptions, Table
from lake_assets.lake.objects import LakeObject
from lake_assets.lake.placement import PACKED_ENDING
from lake_assets.readers.decode import beginning
from lake_assets.readers.dialect import Dialect
from lake_assets.readers.file_columns import columns_by_name, columns_by_place
from lake_assets.readers.first_bytes import (
    is_parquet,
    refuse_other_packing,
    refuse_packed_twice,
    refuse_unread,
    refuse_unread_name,
)
from lake_assets.readers.head import compression_of, sample_cells, settle
from lake_assets.readers.header import compare_widths, find_header
from lake_assets.readers.jsonl import keys_of
from lake_assets.readers.unpacking import Room, unpack

EMPTY_KEY = "empty_key"  # the name of the column whose key is an empty text
NAMED = {"jsonl": "JSON lines", "parquet": "Parquet files"}
START = 2**13  # unpacked bytes that a format is told by
ENDINGS = {
    ".csv": "csv",
    ".parquet": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
}


@dataclass(frozen=True)
class Named:
    """What a file whose format names its columns says of them.

    Attributes:
        names: of the columns, in the file's order.
        types: for each, the type of PostgreSQL that keeps all it may hold; None where the values tell it.
    """

    names: tuple[str, ...]
    types: tuple[str | None, ...]


def detect(
    target: LakeObject, table: Table, reopen: Callable[[LakeObject], Iterator[bytes]]
) -> tuple[Dialect, Iterator[bytes]]:
    """Find out how a file is written, and open it for reading.

    Args:
        target: the file, as it was listed.
        table: what the catalog says.
        reopen: opens the file, from its beginning.

    Returns:
        What was found, and the file's raw bytes, from its beginning.

    Raises:
        LakeError: the file cannot be read as what it seems to be.
    """
    chunks = reopen(target)
    head = next(chunks, b"")
    file_format, reason = format_of(target.key, head, table.files)
    if file_format == "csv":
        return decide_csv(head, table, target.kind), chain([head], chunks)
    dialect, _ = decide_by_names(head, chunks, table, file_format, reason)
    if len(head) == target.size:
        return dialect, iter([head])
    return dialect, reopen(target)


def format_of(key: str, head: bytes, files: FileOptions) -> tuple[str, str]:
    """Return a file's format, `csv`, `jsonl` or `parquet`, and why.

    Args:
        key: its key.
        head: its first raw bytes.
        files: what the catalog says of the source's files.

    Raises:
        LakeError: it cannot be unpacked, or is no file of records that is read here.
    """
    if is_parquet(_unpacked(head, files)):
        return "parquet", "begins as Parquet does"
    name = key.rpartition("/")[2].lower()
    refuse_unread_name(name, head)
    unpacked_name = PACKED_ENDING.sub("", name)
    for ending, file_format in ENDINGS.items():
        if unpacked_name.endswith(ending):
            return file_format, f"its name ends with {ending}"
    return "csv", "neither its name nor its first bytes tell of another"


def _unpacked(head: bytes, files: FileOptions) -> bytes:
    """Return a file's first bytes, unpacked if they are packed.

    Raises:
        LakeError: they cannot be unpacked, or tell of what is no file of records.
    """
    refuse_unread(head)
    if is_parquet(head):
        return head
    if files.compression != "auto":
        refuse_other_packing(head, files.compression)
    compression, _ = compression_of(head, files)
    if compression == "none":
        return head
    start = beginning(unpack([head], compression, whole=False), START)
    refuse_packed_twice(start, compression)
    refuse_unread(start)
    return start


def decide_csv(head: bytes, table: Table, kind: str) -> Dialect:
    """Find out how a CSV file is written.

    Args:
        head: its first raw bytes, some hundred kilobytes or all of it; may end anywhere.
        table: what the catalog says.
        kind: `full` or `cdc`, from the file's name.

    Raises:
        LakeError: the head cannot be unpacked or decoded.
    """
    files, reasons = settle(head, table.files)
    records = sample_cells(head, files)
    judged = find_header(records, table)
    reasons["header"] = judged.why
    first = (records[0] if records else None) or ()
    if judged.is_header:
        found = columns_by_name(first, table)
        odd = compare_widths(records)
        if odd:
            reasons["width"] = odd
    else:
        found = columns_by_place([cells for cells in records if cells], table, kind)
    return Dialect(
        delimiter=files.delimiter,
        quoting=files.quoting,
        null=files.null,
        encoding=files.encoding,
        compression=files.compression,
        header=judged.is_header,
        op=found.op,
        columns=found.names,
        nul=files.nul,
        missing=_without(table.file_columns, found.names),
        extra=_without(found.names, table.file_columns),
        reasons={**reasons, **found.reasons},
        is_declared=table.files.header != "auto",
        is_doubtful=judged.is_doubtful,
        has_names=judged.has_names,
        first=() if judged.is_header else first,
    )


def decide_by_names(
    head: bytes, rest: Iterator[bytes], table: Table, file_format: str, reason: str
) -> tuple[Dialect, Named]:
    """Find out how a file of JSON lines or of Parquet is written; it is read to its end.

    Args:
        head: its first bytes.
        rest: all others.
        table: what the catalog says.
        file_format: as `format_of` gives it.
        reason: of the format.

    Raises:
        LakeError: the file cannot be read as what it seems to be.
    """
    chunks = chain([head], rest)
    if file_format == "parquet":
        # pyarrow takes a tenth of a second, and only Parquet files need it.
        from lake_assets.readers.parquet import schema_of  # noqa: PLC0415

        files, reasons = _settle_parquet(head, table.files)
        names, types = schema_of(chunks, files.compression, Room(table.max_bytes))
        named = Named(names=names, types=types)
    else:
        files, reasons = settle(head, table.files)
        keys = keys_of(chunks, files.compression, files.encoding, files.nul, room=Room(table.max_bytes))
        named = Named(names=_names_of_keys(keys), types=(None,) * len(keys))
    dialect = _decide_named(named.names, table, files, file_format, {"format": reason, **reasons})
    if file_format == "jsonl":
        dialect = replace(dialect, keys=keys)
    return dialect, named


def _names_of_keys(keys: Sequence[str]) -> tuple[str, ...]:
    """Return a name for each key of JSON lines, wherever the key stands: the empty one is none."""
    instead = EMPTY_KEY
    while instead in keys:
        instead += "_"
    return tuple(key or instead for key in keys)


def _settle_parquet(head: bytes, files: FileOptions) -> tuple[FileOptions, dict[str, str]]:
    """Return how a Parquet file is packed; its texts are UTF-8, whatever the catalog says of other files."""
    compression, why = compression_of(head, files)
    if is_parquet(head):
        compression, why = "none", "begins as Parquet does"
    return files.model_copy(update={"compression": compression, "encoding": "utf-8"}), {"compression": why}


def _decide_named(
    names: Sequence[str], table: Table, files: FileOptions, file_format: str, reasons: Mapping[str, str]
) -> Dialect:
    """Find out which column is which in a file whose format names them: JSON lines or Parquet.

    Args:
        names: the file's own, in its order; none if the file holds nothing to tell them by.
        table: what the catalog says.
        files: how the file is written, compression and encoding settled.
        file_format: `jsonl` or `parquet`.
        reasons: of what was decided so far.
    """
    found = columns_by_name(tuple(names), table, named=True)
    columns = found.names if names else table.file_columns
    return Dialect(
        delimiter=",",
        quoting="rfc4180",
        null="",
        encoding=files.encoding,
        compression=files.compression,
        header=True,
        op=found.op,
        columns=columns,
        nul=files.nul,
        format=file_format,
        missing=_without(table.file_columns, columns),
        extra=_without(found.names, table.file_columns),
        reasons={**reasons, "header": f"{NAMED[file_format]} name their columns", **found.reasons},
    )


def _without(names: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name not in others)
