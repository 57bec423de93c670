"""How one file is written, whatever its format: told by its name and its first bytes, or by all of them.

What a CSV file's head says is judged in `readers.dialect`. The keys of JSON lines are known when the last
line is read, and the schema of a Parquet file stands at its end, so those are read once more than CSV is.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from lake_assets.catalog.models import FileOptions, Table
from lake_assets.lake.objects import LakeObject
from lake_assets.readers.decode import decode
from lake_assets.readers.dialect import Dialect, compression_of, decide, decide_named, settle
from lake_assets.readers.jsonl import keys_of

PARQUET_MAGICS = (b"PAR1", b"PARE")  # Parquet's format, "File Format"; PARE where the footer is encrypted
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


def format_of(key: str, head: bytes, files: FileOptions) -> tuple[str, str]:
    """Tell a file's format, `csv`, `jsonl` or `parquet`, and why.

    Args:
        key: its key.
        head: its first raw bytes.
        files: what the catalog says of the source's files.
    """
    name = key.rpartition("/")[2].lower().removesuffix(".gz")
    ending = next((ending for ending in ENDINGS if name.endswith(ending)), "")
    if ending == ".csv":
        return "csv", "its name ends with .csv"
    if _unpacked(head, files).startswith(PARQUET_MAGICS):
        return "parquet", "begins with PAR1"
    if ending:
        return ENDINGS[ending], f"its name ends with {ending}"
    return "csv", "neither its name nor its first bytes tell of another"


def _unpacked(head: bytes, files: FileOptions) -> bytes:
    """Give the first bytes, as far as they must be known."""
    if head.startswith(PARQUET_MAGICS) or compression_of(head, files)[0] == "none":
        return head
    return b"".join(islice(decode([head], "gzip", "utf-8", whole=False), 2))


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
        return decide(head, table, target.kind), chain([head], chunks)
    dialect = decide_by_names(head, chunks, table, file_format, reason)[0]
    return dialect, iter([head]) if len(head) == target.size else reopen(target)


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
    if file_format == "parquet":
        # pyarrow takes a tenth of a second, and only Parquet files need it.
        from lake_assets.readers.parquet import schema_of  # noqa: PLC0415

        files, reasons = _settle_parquet(head, table.files)
        named = Named(*schema_of(chain([head], rest), files.compression))
    else:
        files, reasons = settle(head, table.files)
        keys = keys_of(chain([head], rest), files.compression, files.encoding, files.nul)
        named = Named(keys, (None,) * len(keys))
    return decide_named(named.names, table, files, file_format, {"format": reason, **reasons}), named


def _settle_parquet(head: bytes, files: FileOptions) -> tuple[FileOptions, dict[str, str]]:
    """Tell how a Parquet file is packed; its texts are UTF-8, whatever the catalog says of other files."""
    compression, why = compression_of(head, files)
    if head.startswith(PARQUET_MAGICS):
        compression, why = "none", "begins with PAR1"
    return files.model_copy(update={"compression": compression, "encoding": "utf-8"}), {"compression": why}
