"""The first records of a file, which the loader judges it by.

How a whole file is read is `batches`' business.
"""

from collections.abc import Iterator
from itertools import islice

from lake_assets.catalog.models import FileOptions
from lake_assets.discover.survey.csv_cells import Cells, cells_of
from lake_assets.readers.blank_lines import sample_without_blank_lines
from lake_assets.readers.head import SAMPLE, head_records, settle


def sample(head: bytes, files: FileOptions) -> list[Cells | None]:
    """Return the records that the loader judges a file by, None for those whose quoting is broken.

    Raises:
        LakeError: the head cannot be unpacked or decoded.
    """
    records = islice(_head_records(head, files), SAMPLE)
    cells = [None if fault else cells_of(raw, files) for raw, fault in records]
    return sample_without_blank_lines(cells)


def count_quotes(head: bytes, files: FileOptions) -> tuple[int, int]:
    """Return how many records of a head use quotes as RFC 4180 has it, and how many break it.

    Raises:
        LakeError: the head cannot be unpacked or decoded.
    """
    kept = broken = 0
    for raw, fault in _head_records(head, files):
        if b'"' not in raw:
            continue
        if fault is None:
            kept += 1
        else:
            broken += 1
    return kept, broken


def _head_records(head: bytes, files: FileOptions) -> Iterator[tuple[bytes, str | None]]:
    """Return the first records as the loader sees them, each with its fault."""
    settled, _ = settle(head, files)
    return head_records(head, settled)
