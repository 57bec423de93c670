"""Proves `recount`: by code that is not the loader's it comes to the same number, for any bytes."""

import ast
import gzip
import inspect
from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lake_assets.exceptions import LakeError
from lake_assets.readers import csv_splitter
from lake_assets.readers.csv_splitter import Limits
from lake_assets.readers.dialect import Dialect
from lake_assets.readers.records import read_blocks
from lake_assets.recount import recount as recount_module
from lake_assets.recount.recount import MAX_RECORD, Recount, recount
from lake_assets_tests.examples import examples
from lake_assets_tests.readers.rule import NoLineEndError, dialect_of, in_chunks, plain_records
from lake_assets_tests.readers.test_records import GOLDEN, Outcome, chunk_sizes, hostile_bytes

PLAIN = dialect_of("a", "b")
PACKED = gzip.compress(b"1,x\n", mtime=0)  # every process that runs tests must name them alike


def count(
    data: bytes,
    dialect: Dialect,
    sizes: Sequence[int] = (1000,),
    *,
    max_record: int = MAX_RECORD,
    batch: int = 1000,
) -> int:
    """Count the records of data that comes in chunks of these sizes."""
    counter = Recount(dialect, max_record=max_record, batch=batch)
    for chunk in in_chunks(data, sizes):
        counter.feed(chunk)
    return counter.finish()


@pytest.mark.parametrize(("data", "dialect", "expected"), GOLDEN.values(), ids=GOLDEN)
def test_each_known_trap_is_counted_right(data: bytes, dialect: Dialect, expected: list[Outcome]) -> None:
    """Every record counts once, good or bad, wherever the stream is cut and however little is looked at."""
    assert recount([data], dialect) == len(expected)
    for border in range(1, len(data)):
        assert count(data, dialect, (border, len(data)), batch=1) == len(expected)


@settings(deadline=None, max_examples=examples(200))
@example(b'"\n"', [1], 1000, 1)
@example(b'"a"\r\n"b\r\n', [1], 1000, 1)
@example(b'a,"\n\n",b\n', [1], 5, 1000)
@given(hostile_bytes, chunk_sizes, st.sampled_from([5, 12, 1000]), st.sampled_from([1, 4, 16, 1000]))
def test_any_bytes_are_counted_by_the_rule(
    data: bytes, sizes: list[int], max_record: int, batch: int
) -> None:
    """The recount, the loader and the plain rule come to one number, or all find no line end."""
    limits = Limits(max_record, batch)
    try:
        expected = len(plain_records(data, max_record=max_record))
    except NoLineEndError:
        with pytest.raises(LakeError, match="no line end within"):
            count(data, PLAIN, sizes, max_record=max_record, batch=batch)
        return
    assert count(data, PLAIN, sizes, max_record=max_record, batch=batch) == expected
    assert sum(block.records for block in read_blocks(in_chunks(data, sizes), PLAIN, limits)) == expected


@settings(deadline=None, max_examples=examples(200))
@given(hostile_bytes, chunk_sizes, st.sampled_from([",", ";", "|", "\\", "]", "^", "(", "a"]))
def test_any_delimiter_is_taken_as_it_is(data: bytes, sizes: list[int], delimiter: str) -> None:
    """A delimiter that means something in a pattern means nothing here."""
    data = data.replace(b",", delimiter.encode())
    expected = len(plain_records(data, delimiter.encode()))
    assert count(data, dialect_of("a", "b", delimiter=delimiter), sizes) == expected


@settings(deadline=None)
@given(hostile_bytes, chunk_sizes, st.booleans())
def test_without_quoting_line_ends_are_counted(data: bytes, sizes: list[int], header: bool) -> None:
    """Every LF ends a record, and so does the end of the data behind a last line without one."""
    lines = data.count(b"\n") + (not data.endswith(b"\n") and data != b"")
    dialect = dialect_of("a", quoting="none", header=header)
    assert count(data, dialect, sizes, batch=4) == max(lines - header, 0)


@settings(deadline=None, max_examples=examples(200))
@given(
    st.lists(
        st.sampled_from([*(bytes([code]) for code in b'",\n\ra\0'), b"\x81", b"\xd8", b"\xff", b"\xfe"])
    ).map(b"".join),
    chunk_sizes,
    st.sampled_from(["latin-1", "cp1252", "utf-16", "utf-16-be", "shift_jis", "gb18030", "utf-7", "ascii"]),
    st.booleans(),
)
def test_any_encoding_is_counted_as_it_is_read(
    data: bytes, sizes: list[int], encoding: str, packed: bool
) -> None:
    """Loader and recount make the same records of any bytes in any encoding, packed or not."""
    dialect = dialect_of("a", "b", encoding=encoding, compression="gzip" if packed else "none")
    raw = gzip.compress(data) if packed else data
    try:
        expected = sum(block.records for block in read_blocks(in_chunks(raw, sizes), dialect))
    except LakeError:
        with pytest.raises(LakeError, match="Name its encoding"):
            count(raw, dialect, sizes)
        return
    assert count(raw, dialect, sizes) == expected


@pytest.mark.parametrize("size", [1, 5, 10_000])
def test_gzip_members_are_counted_together(size: int) -> None:
    """Several members, with zero bytes between and behind them, are one stream."""
    packed = gzip.compress(b"1,x\n") + b"\0\0" + gzip.compress(b"") + gzip.compress(b"2,y") + b"\0" * 9
    assert count(packed, dialect_of("a", "b", compression="gzip"), (size,)) == 2
    assert count(b"", dialect_of("a", "b", compression="gzip")) == 0


def test_highly_packed_bytes_are_counted() -> None:
    """Bytes that swell a thousandfold are counted to the last."""
    assert recount([gzip.compress(b"\n" * 5_000_001)], dialect_of("a", compression="gzip")) == 5_000_001


@pytest.mark.parametrize(
    ("packed", "message"),
    [
        (PACKED[:-1], "ends too early"),
        (PACKED[:5], "ends too early"),
        (PACKED[:-5] + b"oops!", "cannot be unpacked"),
        (PACKED + b"no member", "cannot be unpacked"),
        (b"1,x\n", "cannot be unpacked"),
    ],
)
def test_damaged_gzip_is_an_error(packed: bytes, message: str) -> None:
    """What cannot be unpacked to its end has no count."""
    with pytest.raises(LakeError, match=message):
        recount([packed], dialect_of("a", "b", compression="gzip"))


def test_an_open_quote_costs_one_line_however_long_the_file_is() -> None:
    """A quote that nobody closes is given up at the limit, and all lines behind it are counted."""
    data = b'1,"open\n' + b"2,x\n" * 10_000
    assert count(data, PLAIN, (100,), max_record=1000, batch=64) == 10_001
    assert count(data, PLAIN, (100,)) == 10_001


def test_a_stream_without_line_ends_is_given_up() -> None:
    """The fault is told when the limit is reached, not when the stream ends."""
    counter = Recount(PLAIN, max_record=1000, batch=64)
    for _ in range(15):
        counter.feed(b"x" * 64)
    with pytest.raises(LakeError, match="no line end within 1000 bytes"):
        counter.feed(b"x" * 128)


@pytest.mark.parametrize("size", [1, 1000])
def test_unpacked_bytes_come_in_pieces(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Output that waits inside zlib while all input is used up is counted too."""
    monkeypatch.setattr("lake_assets.recount.recount.BATCH", 1)
    assert count(gzip.compress(b"\n" * 999), dialect_of("a", compression="gzip"), (size,)) == 999


def test_the_recount_shares_no_code_with_the_loader() -> None:
    """At run time it imports nothing of ours but errors and its other parts; the limit is the loader's."""
    tree = ast.parse(inspect.getsource(recount_module))
    imported = [node.module for node in tree.body if isinstance(node, ast.ImportFrom)]
    ours = [module for module in imported if module and module.startswith("lake_assets")]
    assert ours == [
        "lake_assets.exceptions",
        "lake_assets.recount.first_record",
        "lake_assets.recount.parquet_footer",
        "lake_assets.recount.unpacker",
    ]
    assert csv_splitter.MAX_RECORD == MAX_RECORD
