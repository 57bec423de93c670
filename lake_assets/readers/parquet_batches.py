"""The records of a Parquet file in batches so small that memory stays bounded, whatever they hold.

Arrow counts records and not bytes, and a file of kilobytes may hold gigabytes: a text that is written once
and stands in a million records. So it is found out for each row group how many bytes a record may take.
What the values become is told by `readers.parquet_values`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from lake_assets.exceptions import LakeError

BATCH_BYTES = 4 * 2**20  # of values
BATCH_ROWS = 4096
CELL_BYTES = 64  # that Python takes for a cell, however short its text is
MEASURED_ROWS = 16  # read together where nothing but the values tells how long they are
BY_PREFIX = "DELTA_BYTE_ARRAY"  # of a text, what it has in common with the one before it is not written again


@dataclass(frozen=True)
class OpenFile:
    """A Parquet file.

    Attributes:
        plain: reads every text as often as it stands there.
        deduplicated: reads each text once, for as long as the file has written it once.
    """

    plain: parquet.ParquetFile
    deduplicated: parquet.ParquetFile

    @property
    def metadata(self) -> parquet.FileMetaData:
        """What the footer tells of row groups."""
        return self.plain.metadata


def read_batches(file: OpenFile, max_record: int) -> Iterator[pa.RecordBatch]:
    """Read all records of a file, some at a time.

    Args:
        file: the file.
        max_record: bytes that a record may have.

    Raises:
        LakeError: a record has more.
    """
    first = 1
    for group in range(file.metadata.num_row_groups):
        rows = _batch_rows(file, group, max_record)
        for batch in file.plain.iter_batches(batch_size=rows, row_groups=[group], use_threads=False):
            _check_records(batch, first, max_record)
            yield batch
            first += batch.num_rows


def _batch_rows(file: OpenFile, group: int, max_record: int) -> int:
    """Return how many records of a row group are read together."""
    described = file.metadata.row_group(group)
    rows = max(int(described.num_rows), 1)
    written = int(described.total_byte_size) // rows
    if written > max_record:
        raise too_large(f"A record of row group {group + 1}", max_record)
    in_memory = written + CELL_BYTES * int(described.num_columns)
    for place in range(described.num_columns):
        in_memory += _unwritten_bytes(file, group, place)
    return max(1, min(BATCH_ROWS, BATCH_BYTES // max(in_memory, 1)))


def _unwritten_bytes(file: OpenFile, group: int, place: int) -> int:
    """Return the bytes that a record may hold in a column beyond those that are written for it."""
    described = file.metadata.row_group(group)
    chunk = described.column(place)
    values = max(int(chunk.num_values), 1)
    is_small = chunk.total_uncompressed_size * values <= BATCH_BYTES
    if is_small or chunk.physical_type not in {"BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"}:
        return 0
    if BY_PREFIX in chunk.encodings:
        return _largest_part(file, group, str(chunk.path_in_schema))
    if chunk.has_dictionary_page:
        in_record = -(-values // max(int(described.num_rows), 1))
        return in_record * _longest_repeated(file, group, chunk.path_in_schema)
    return 0


def _largest_part(file: OpenFile, group: int, path: str) -> int:
    """Return the most bytes that a few records of a column hold."""
    parts = file.plain.iter_batches(
        batch_size=MEASURED_ROWS, row_groups=[group], columns=[path], use_threads=False
    )
    return max((int(part.nbytes) for part in parts), default=0)


def _longest_repeated(file: OpenFile, group: int, path: str) -> int:
    """Return the length of the longest value in a column's dictionary, which stands before its records."""
    batches = file.deduplicated.iter_batches(
        batch_size=BATCH_ROWS, row_groups=[group], columns=[path], use_threads=False
    )
    try:
        head = next(batches, None)
    except NotImplementedError:  # of the pages behind the dictionary, which are then written in full
        return 0
    longest = 0
    if head is not None:
        for values in _dictionaries(head.columns):
            longest = max(longest, pc.max(pc.binary_length(values)).as_py() or 0)
    return longest


def _dictionaries(arrays: Iterable[pa.Array]) -> Iterator[pa.Array]:
    """Return the dictionaries of texts and binary data, those in lists, structs and maps among them."""
    for array in arrays:
        kind = array.type
        if pa.types.is_dictionary(kind):
            yield array.dictionary
        elif pa.types.is_struct(kind):
            yield from _dictionaries(array.flatten())
        elif pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_map(kind):
            yield from _dictionaries([array.values])


def _check_records(batch: pa.RecordBatch, first: int, max_record: int) -> None:
    """Refuse a record that is too large; `first` is the number of the batch's first one."""
    if batch.nbytes <= max_record:
        return
    for index in range(batch.num_rows):
        size = sum(map(_plain_size, batch.slice(index, 1).columns))
        if size > max_record:
            raise too_large(f"Record {first + index}", max_record)


def _plain_size(array: pa.Array) -> int:
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    return int(array.nbytes)


def too_large(what: str, max_record: int) -> LakeError:
    """Return the error for a record that is longer than one of a CSV file may be."""
    return LakeError(
        f"{what} holds more than {max_record} bytes, and a record may not. Write what is so large to files "
        "of its own, and their addresses into the table; then load the hour again."
    )
