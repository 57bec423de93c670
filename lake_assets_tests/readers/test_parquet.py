"""Proves of `readers.parquet` what no table-hour shows: bounded memory, slices, and a full disk."""

import io
import os
import tracemalloc

import pyarrow as pa
import pytest
from pyarrow import parquet

from lake_assets.exceptions import LakeError
from lake_assets.readers.parquet import _write, read_rows, schema_of
from lake_assets.readers.parquet_values import cells_of
from lake_assets.readers.records import read_blocks, read_records
from lake_assets_tests.load.test_parquet import TYPES
from lake_assets_tests.readers.rule import dialect_of, in_chunks


def file_of(table: pa.Table, **options: object) -> bytes:
    """Write a Parquet file."""
    written = io.BytesIO()
    parquet.write_table(table, written, **options)
    return written.getvalue()


def test_a_long_text_that_repeats_takes_no_memory() -> None:
    """A text that is written once and stands in every record is held once, and blocks stay small."""
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 400, pa.int32()), ["x" * 2**20])
    data = file_of(pa.table({"a": text}), store_schema=False)
    dialect = dialect_of("a", format="parquet")
    before = pa.total_allocated_bytes()
    tracemalloc.start()
    largest = written = 0
    for block in read_blocks([data], dialect):
        written += len(block.data)
        largest = max(largest, pa.total_allocated_bytes() - before + tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()

    assert written == 400 * (2**20 + 3)
    assert largest < 2**25


def test_a_large_row_group_is_read_in_parts() -> None:
    """However many records a row group has, a few thousand are held at once."""
    data = file_of(pa.table({"id": range(20_000)}))
    sizes = [len(rows) for rows in read_rows(in_chunks(data, [999]), dialect_of("id", format="parquet"))]

    assert sum(sizes) == 20_000
    assert max(sizes) <= 4096


@pytest.mark.parametrize("name", TYPES)
def test_a_part_of_a_column_has_the_cells_of_the_whole(name: str) -> None:
    """One record on its own is read as among the others, whatever offsets Arrow keeps."""
    array, _, _ = TYPES[name]
    twice = pa.concat_arrays([array, array])
    whole = cells_of(twice)

    assert [cells_of(twice.slice(place, 1))[0] for place in range(len(twice))] == whole
    assert cells_of(twice.slice(1, len(twice) - 1)) == whole[1:]


def test_a_record_that_is_not_there_is_an_error() -> None:
    """A number beyond the file's last record is told, as in CSV."""
    data = file_of(pa.table({"id": [1]}))
    with pytest.raises(LakeError, match="has no record 2"):
        list(read_records([data], dialect_of("id", format="parquet"), [1, 2]))


def test_names_repeat_and_hold_anything() -> None:
    """Columns of one name are all there, and a NUL, which PostgreSQL cannot hold, is replaced."""
    table = pa.Table.from_arrays([pa.array([1]), pa.array(["x"]), pa.array([2])], names=["a", "a", "b\0"])
    data = file_of(table)

    assert schema_of([data], "none")[0] == ("a", "a", "b\ufffd")
    (block,) = read_blocks([data], dialect_of("a", "a#2", "b", format="parquet"))
    assert block.data == b'"1","x","2"\n'


def test_a_full_disk_is_told() -> None:
    """What keeps the private copy from being written fails the hour with the remedy."""
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb", buffering=0) as spool, pytest.raises(LakeError, match="set TMPDIR"):  # noqa: PTH123
        _write(spool, b"x")
