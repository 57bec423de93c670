"""Proves of `readers.parquet` what no table-hour shows: bounded memory, slices, and a full disk."""

import io
import os
import tracemalloc

import pyarrow as pa
import pytest
from pyarrow import parquet

from lake_assets.exceptions import LakeError
from lake_assets.readers import parquet as reader
from lake_assets.readers.csv_splitter import Limits
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


def repeated(count: int) -> pa.Array:
    """Return a text of a megabyte in so many records."""
    return pa.DictionaryArray.from_arrays(pa.array([0] * count, pa.int32()), ["x" * 2**20])


@pytest.mark.parametrize(
    ("column", "options"),
    [
        (repeated(400), {}),
        (pa.ListArray.from_arrays(pa.array(range(0, 121, 2), pa.int32()), repeated(120)), {}),
        (
            repeated(100).dictionary_decode(),
            {"use_dictionary": False, "column_encoding": {"a": "DELTA_BYTE_ARRAY"}},
        ),
    ],
    ids=["in a dictionary", "in lists", "by its prefix"],
)
def test_a_long_text_that_repeats_takes_no_memory(column: pa.Array, options: dict[str, object]) -> None:
    """A text that is written once and stands in every record does not swell, and blocks stay small."""
    data = file_of(pa.table({"a": column}), store_schema=False, **options)
    del column
    dialect = dialect_of("a", format="parquet")
    before = pa.total_allocated_bytes()
    tracemalloc.start()
    largest = written = 0
    for block in read_blocks([data], dialect):
        written += len(block.data)
        largest = max(largest, pa.total_allocated_bytes() - before + tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()

    assert written > 100 * 2**20
    assert largest < 2**26


def test_texts_that_all_differ_are_read_once() -> None:
    """What is read together holds its own texts, and not those of all records before it."""
    texts = [f"text number {number} of many" for number in range(100_000)]
    data = file_of(pa.table({"a": texts}))
    read = 0
    for rows in read_rows([data], dialect_of("a", format="parquet")):
        read += sum(column.nbytes for column in rows.columns)

    assert read < 2 * sum(map(len, texts))


@pytest.mark.parametrize(
    "options",
    [
        {"use_dictionary": False, "column_encoding": {"a": "DELTA_LENGTH_BYTE_ARRAY"}},
        {"use_dictionary": False, "column_encoding": {"a": "DELTA_BYTE_ARRAY", "n": "DELTA_BINARY_PACKED"}},
        {"use_dictionary": False, "column_encoding": {"a": "PLAIN", "n": "BYTE_STREAM_SPLIT"}},
        {"data_page_version": "2.0", "compression": "zstd"},
        {"use_dictionary": ["a"], "dictionary_pagesize_limit": 2**12},
    ],
    ids=["lengths", "prefixes", "plain", "second version", "dictionary given up"],
)
def test_every_encoding_is_read(options: dict[str, object]) -> None:
    """However Parquet packs texts and numbers, the records are those that were written."""
    texts = [f"{number}é" if number % 7 else None for number in range(20_000)]
    data = file_of(pa.table({"a": texts, "n": range(20_000)}), **options)
    batches = list(read_rows([data], dialect_of("a", "n", format="parquet")))
    cells = [tuple(rows.cells(index)) for rows in batches for index in range(len(rows))]

    assert cells == [(text, str(number)) for number, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("texts", "named"),
    [(["short"] * 999 + ["x" * 5000], "Record 1000"), (["x" * 5000], "A record of row group 1")],
)
def test_a_record_larger_than_one_of_csv_is_refused(texts: list[str], named: str) -> None:
    """What no record of a CSV file may hold is no record of Parquet either, and the error names it."""
    data = file_of(pa.table({"a": texts}))
    with pytest.raises(LakeError, match=f"{named} holds more than 4096 bytes"):
        list(read_blocks([data], dialect_of("a", format="parquet"), Limits(max_record=4096)))


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


def test_a_lack_of_memory_is_no_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Arrow gets no memory the error says so, and not that the file is damaged."""

    def refuse(*_: object) -> None:
        raise pa.ArrowMemoryError("malloc of size 64 failed")

    monkeypatch.setattr(reader, "read_batches", refuse)
    with pytest.raises(
        LakeError, match=r"too little memory to read the Parquet file \(malloc of size 64"
    ) as error:
        list(read_rows([file_of(pa.table({"a": [1]}))], dialect_of("a", format="parquet")))
    assert "damaged" not in str(error.value)
