"""Proves `recount_parquet`: the footer's own number of rows, by code that shares nothing with the loader."""

import ast
import inspect
import io
from collections.abc import Sequence

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from lake_assets.exceptions import LakeError
from lake_assets.recount import parquet_footer as recount_parquet
from lake_assets.recount.parquet_footer import FooterCount
from lake_assets_tests.examples import examples
from lake_assets_tests.readers.rule import in_chunks
from lake_assets_tests.readers.test_records import chunk_sizes

COLUMNS = {
    "id": pa.int64(),
    "note": pa.string(),
    "at": pa.timestamp("us", "UTC"),
    "amount": pa.decimal128(20, 4),
    "tags": pa.list_(pa.struct([("a", pa.map_(pa.string(), pa.binary())), ("b", pa.bool_())])),
    "uuid": pa.uuid(),
}


def file_of(rows: int, columns: Sequence[str], **options: object) -> bytes:
    """Write a file of so many records of NULL."""
    written = io.BytesIO()
    table = pa.table({name: pa.nulls(rows, COLUMNS[name]) for name in columns})
    parquet.write_table(table.replace_schema_metadata({"a": "b"}), written, **options)
    return written.getvalue()


def count(data: bytes, sizes: Sequence[int] = (100,), most_kept: int = 2**20) -> int:
    """Count the records of a file that comes in chunks of these sizes."""
    footer = FooterCount(most_kept)
    for chunk in in_chunks(data, sizes):
        footer.feed(chunk)
    return footer.finish()


WHOLE = file_of(1000, ["id", "note"])


@settings(deadline=None, max_examples=examples(60))
@given(
    st.integers(0, 300),
    st.lists(st.sampled_from(list(COLUMNS)), min_size=1, unique=True),
    st.integers(1, 200),
    st.booleans(),
    st.sampled_from(["1.0", "2.6"]),
    chunk_sizes,
)
def test_any_file_is_counted(
    rows: int, columns: list[str], group: int, schema: bool, version: str, sizes: list[int]
) -> None:
    """Whatever columns, row groups and versions it has, and however the stream is cut."""
    data = file_of(rows, columns, row_group_size=group, store_schema=schema, version=version)
    assert count(data, sizes) == rows


def test_only_the_end_is_kept() -> None:
    """Memory is bounded: bytes before those that are kept are forgotten, and a longer footer is an error."""
    footer = FooterCount(500)
    for chunk in in_chunks(bytes(50_000) + WHOLE, [64]):
        footer.feed(chunk)
        assert sum(map(len, footer._pieces)) < 500 + 64
    with pytest.raises(LakeError, match="and 500 are read"):
        footer.finish()
    assert count(bytes(50_000) + WHOLE, [64], 5000) == 1000


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "does not end with PAR1"),
        (b"PAR1", "does not end with PAR1"),
        (WHOLE[:-1], "does not end with PAR1"),
        (WHOLE[:-4] + b"PARE", "does not end with PAR1"),
        (b"PAR1" + bytes(4) + b"PAR1", "ends too early"),
        (b"PAR1\xff\xff\xff\x7fPAR1", "longer than the file"),
        (b"PAR1\x00\x01\x00\x00\x00PAR1", "does not tell the number of rows"),
        (b"PAR1\x15\xff\x02\x00\x00\x00PAR1", "ends too early"),
        (b"PAR1\x15" + b"\xff" * 12 + b"\x0d\x00\x00\x00PAR1", "a number without an end"),
        (b"PAR1\x1e\x01\x00\x00\x00PAR1", "a field of type 14"),
        (b"PAR1\x19\xf9" + b"\x10" * 8 + b"\x0a\x00\x00\x00PAR1", "a field of type 0"),
        (b"PAR1" + b"\x1c" * 99 + b"\x63\x00\x00\x00PAR1", "nested without an end"),
        (b"PAR1\x19\xfc\xff\xff\xff\xff\x0f\x07\x00\x00\x00PAR1", "ends too early"),
    ],
)
def test_a_damaged_footer_is_an_error(data: bytes, reason: str) -> None:
    """What has no footer, or one that breaks off or runs in circles, has no count."""
    with pytest.raises(LakeError, match=reason):
        count(data)


@settings(deadline=None, max_examples=examples(300))
@given(st.binary(max_size=60))
def test_any_footer_is_a_number_or_an_error(footer: bytes) -> None:
    """No bytes end in another way."""
    try:
        number = count(b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1")
    except LakeError:
        return
    assert isinstance(number, int)


def test_the_counter_shares_no_code_with_the_loader() -> None:
    """At run time it imports nothing of this package but the errors, and no library for Parquet."""
    tree = ast.parse(inspect.getsource(recount_parquet))
    imported = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert imported == ["collections", "lake_assets.exceptions"]
    assert not any(isinstance(node, ast.Import) for node in ast.walk(tree))
