"""The beginning of a file: how it is packed and encoded, and the first records of a CSV file.

What the records say of the file is judged in `readers.header` and `readers.file_columns`.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

from lake_assets.catalog.models import FileOptions
from lake_assets.readers.blank_lines import sample_without_blank_lines
from lake_assets.readers.csv_splitter import split_records
from lake_assets.readers.csv_walker import split_cells
from lake_assets.readers.decode import beginning, decode
from lake_assets.readers.encoding import encoding_of
from lake_assets.readers.first_bytes import mark_of, packing_of

HEAD = 2**20  # bytes looked at, once unpacked
SAMPLE = 100  # records looked at

Cells = tuple[str, ...]


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
    """Return how a file is packed, and why; see `readers.unpacking.unpack`."""
    if files.compression != "auto":
        return files.compression, f"the catalog says {files.compression}"
    packing = packing_of(head)
    if packing == "none":
        return packing, "its first bytes are those of no packing"
    return packing, f"begins with {mark_of(head, packing)}"


def head_records(head: bytes, files: FileOptions) -> Iterator[tuple[bytes, str | None]]:
    """Return the first records of a file, each with its fault, if its quoting is broken.

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


def sample_cells(head: bytes, files: FileOptions) -> Sequence[Cells | None]:
    """Return the cells of the first records, None for one whose quoting is broken; blank lines are none."""
    sample: list[Cells | None] = []
    for raw, fault in islice(head_records(head, files), SAMPLE):
        sample.append(None if fault is not None else _cells(raw, files))
    return sample_without_blank_lines(sample)


def _cells(raw: bytes, files: FileOptions) -> Cells:
    if files.quoting == "none":
        return tuple(raw.decode(errors="replace").split(files.delimiter))
    values = [value for value, _ in split_cells(raw, files.delimiter.encode())]
    return tuple(value.decode(errors="replace") for value in values)
