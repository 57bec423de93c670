"""Proves `decode`: any packing and encoding comes out as UTF-8; damage is told after what was good."""

import gzip
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_assets.exceptions import LakeError
from lake_assets.readers.decode import beginning, decode
from lake_assets.readers.records import read_blocks
from lake_assets.readers.unpacking import PIECE
from lake_assets_tests.readers.rule import dialect_of, in_chunks

TEXT = 'id,"Zürich"\n1,"\U0001f600"\n' * 20


def until_fault(pieces: Iterator[bytes], message: str) -> bytes:
    """Collect what comes before the error with this message."""
    collected: list[bytes] = []
    with pytest.raises(LakeError, match=message):
        collected.extend(iter(pieces))
    return b"".join(collected)


@settings(deadline=None)
@given(st.binary(max_size=200), st.lists(st.integers(1, 9), min_size=1, max_size=3))
def test_utf8_passes_untouched(data: bytes, sizes: list[int]) -> None:
    """Bytes that claim to be UTF-8 are not judged here; only a byte order mark at the very start goes."""
    decoded = b"".join(decode(in_chunks(data, sizes), "none", "UTF8"))
    assert decoded == data.removeprefix(b"\xef\xbb\xbf")


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-32-be"])
def test_a_byte_order_mark_is_dropped_once(encoding: str, size: int) -> None:
    """The mark goes wherever the chunks are cut; a second one is text."""
    data = "\ufeff\ufeffa".encode(encoding)
    assert b"".join(decode(in_chunks(data, (size,)), "none", encoding)).decode() == "\ufeffa"


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32", "utf-8-sig", "gb18030"])
def test_other_encodings_become_utf8(encoding: str, size: int) -> None:
    """Characters survive being cut in two by a chunk."""
    assert b"".join(decode(in_chunks(TEXT.encode(encoding), (size,)), "none", encoding)).decode() == TEXT


def test_latin_1_becomes_utf8() -> None:
    """Every byte is a character of latin-1."""
    assert b"".join(decode([bytes(range(256))], "none", "latin-1")).decode() == bytes(range(256)).decode(
        "latin-1"
    )


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (b"1,\x81\n2,x\n", "cp1252"),
        (b"1,\xff\n2,x\n", "ascii"),
        (b"1,\x81\xff\n2,x\n", "shift_jis"),
        ("1,".encode("utf-16-le") + b"\x00\xd8" + "\n2,x\n".encode("utf-16-le"), "utf-16-le"),
    ],
)
def test_an_undecodable_byte_costs_its_record(data: bytes, encoding: str) -> None:
    """What the declared encoding cannot read never passes for text, and the next record is read."""
    (block,) = read_blocks(in_chunks(data, (1,)), dialect_of("a", "b", encoding=encoding))
    assert [(bad.number, bad.reason) for bad in block.bad] == [(1, f"bytes that are not {encoding}")]
    assert block.data == b",\n2,x\n"


def test_a_character_cut_off_at_the_end_costs_its_record() -> None:
    """Half a character at the end of a file is bad, not lost."""
    (block,) = read_blocks(["1,x\n2,y".encode("utf-16-le")[:-1]], dialect_of("a", "b", encoding="utf-16-le"))
    assert [(bad.number, bad.reason) for bad in block.bad] == [(2, "bytes that are not utf-16-le")]


def test_utf16_without_a_mark_is_an_error() -> None:
    """Nothing tells the byte order of such a file; the remedy names both."""
    until_fault(decode(["1,x\n".encode("utf-16-le")], "none", "utf-16"), "utf-16-le` or `utf-16-be")


@pytest.mark.parametrize("size", [1, 5, 10_000])
def test_gzip_members_are_read_one_after_the_other(size: int) -> None:
    """Several members, an empty one and zero bytes between and behind them are one stream."""
    packed = gzip.compress(b"1,x\n") + b"\0\0" + gzip.compress(b"") + gzip.compress(b"2,y\n") + b"\0" * 9
    assert b"".join(decode(in_chunks(packed, (size,)), "gzip", "utf-8")) == b"1,x\n2,y\n"


def test_an_empty_object_is_empty_gzip() -> None:
    """Zero bytes are zero records, packed or not."""
    assert b"".join(decode([], "gzip", "utf-8")) == b""


@pytest.mark.parametrize("size", [64, 2**20])
def test_gzip_cut_short_is_an_error_after_all_that_could_be_read(size: int) -> None:
    """An object that ends inside a member fails, wherever it ends."""
    packed = gzip.compress(TEXT.encode(), mtime=0)
    for end in (len(packed) - 1, len(packed) - 8, len(packed) // 2, 5, 1):
        got = until_fault(decode(in_chunks(packed[:end], (size,)), "gzip", "utf-8"), "cut short")
        assert TEXT.encode().startswith(got)
        assert got == zlib.decompressobj(31).decompress(packed[:end])


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(b"1,x\n")[:-5] + b"oops!",
        gzip.compress(b"1,x\n") + b"no member",
        b"1,x\n",
    ],
    ids=["checksum", "trailing bytes", "never packed"],
)
def test_damaged_gzip_is_an_error(packed: bytes) -> None:
    """A wrong checksum, trailing bytes or unpacked bytes fail the load."""
    until_fault(decode([packed], "gzip", "utf-8"), "gzip data is damaged")


def test_what_came_before_the_damage_is_handed_out() -> None:
    """The caller has the good bytes before it learns of the fault."""
    packed = gzip.compress(b"1,x\n") + b"no member"
    assert until_fault(decode([packed], "gzip", "utf-8"), "damaged") == b"1,x\n"


def test_highly_packed_bytes_come_in_pieces() -> None:
    """A few kilobytes that swell a thousandfold are never in memory at once."""
    packed = gzip.compress(b"\n" * 20 * PIECE)
    pieces = [len(piece) for piece in decode([packed], "gzip", "utf-8")]
    assert sum(pieces) == 20 * PIECE
    assert max(pieces) <= PIECE


def test_nothing_is_left_inside_zlib(monkeypatch: pytest.MonkeyPatch) -> None:
    """Output that waits when all input is used up comes out too, even if the rest never comes."""
    packed = gzip.compress(b"x" * 999)
    monkeypatch.setattr("lake_assets.readers.unpacking.PIECE", 1)
    assert b"".join(decode(in_chunks(packed, (1,)), "gzip", "utf-8")) == b"x" * 999
    for end in range(14, len(packed)):
        got = until_fault(decode([packed[:end]], "gzip", "utf-8"), "cut short")
        assert got == zlib.decompressobj(31).decompress(packed[:end])


def test_the_beginning_of_an_object_may_end_anywhere() -> None:
    """Looking at a head is no reading of the whole: its cut end is no fault."""
    packed = gzip.compress(TEXT.encode())
    assert TEXT.encode().startswith(b"".join(decode([packed[:-9]], "gzip", "utf-8", whole=False)))
    assert b"".join(decode([TEXT.encode("utf-16")[:-1]], "none", "utf-16", whole=False)).decode() == TEXT[:-1]


def test_no_more_of_a_beginning_is_unpacked_than_was_asked_for() -> None:
    """However far an object would swell, looking at its first bytes takes no piece after them."""
    pieces = iter([b"ab", b"cd", b"ef", b"gh"])
    assert beginning(pieces, 3) == b"abcd"
    assert next(pieces) == b"ef"
