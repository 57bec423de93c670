"""Proves that loader and recount unpack alike, in bounded memory, or say why not."""

import bz2
import gzip
import lzma
from collections.abc import Callable
from itertools import chain

import pytest
import zstandard

from lake_assets.exceptions import LakeError
from lake_assets.readers.unpacking import PIECE, unpack
from lake_assets.recount.unpacker import FED, Unpacker
from lake_assets_tests.readers.rule import in_chunks

Reader = Callable[[bytes, str, int], list[bytes]]

LINES = b"".join(b"%d,name %d\n" % (number, number) for number in range(999))
PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
}
SKIPPED = b"\x50\x2a\x4d\x18\x04\0\0\0skip"  # a frame of Zstandard without data (RFC 8878)


def loader(packed: bytes, packing: str, size: int) -> list[bytes]:
    """Unpack as the loader does."""
    return list(unpack(in_chunks(packed, (size,)), packing))


def recount(packed: bytes, packing: str, size: int) -> list[bytes]:
    """Unpack as the recount does."""
    unpacker = Unpacker(packing)
    pieces = list(chain.from_iterable(map(unpacker.feed, in_chunks(packed, (size,)))))
    unpacker.finish()
    return pieces


both = pytest.mark.parametrize("read", [loader, recount])
each = pytest.mark.parametrize("packing", PACK)


@both
@each
@pytest.mark.parametrize("size", [1, 999, 10**6])
def test_members_are_read_one_after_the_other(read: Reader, packing: str, size: int) -> None:
    """Several members, an empty one, and zero bytes between and behind them are one stream."""
    pack = PACK[packing]
    packed = pack(LINES) + bytes(4) + pack(b"") + pack(LINES) + bytes(8)
    if packing == "zstd":
        packed = SKIPPED + packed + SKIPPED
    assert b"".join(read(packed, packing, size)) == LINES * 2


@both
@each
def test_data_cut_short_are_an_error(read: Reader, packing: str) -> None:
    """An object that ends inside a member fails, wherever that is; in the second member, too."""
    packed = PACK[packing](LINES)
    for end in (1, len(packed) // 2, len(packed) - 1):
        for cut in (packed[:end], packed + packed[:end]):
            with pytest.raises(LakeError, match=f"{packing} data (is cut short|ends too early)"):
                read(cut, packing, 64)


@both
@each
def test_damaged_data_are_an_error(read: Reader, packing: str) -> None:
    """Bytes in the middle that are others, and bytes behind the end that are no member, fail."""
    packed = PACK[packing](LINES)
    middle = len(packed) // 2
    damaged = packed[:middle] + bytes(8) + packed[middle + 8 :]
    for data in (damaged, packed + b"no member"):
        with pytest.raises(LakeError, match=f"{packing} data (is damaged|cannot be unpacked|is cut|ends)"):
            read(data, packing, 10**6)


@both
@each
def test_a_bomb_swells_piece_by_piece(read: Reader, packing: str) -> None:
    """A few kilobytes that make 80 MB are never in memory at once."""
    packed = PACK[packing](b"\n" * 80 * PIECE)
    pieces = list(map(len, read(packed, packing, 10**6)))
    assert sum(pieces) == 80 * PIECE
    most = PIECE if read is loader else max(PIECE, FED // 4 * 2**17)
    assert max(pieces) <= most


@both
def test_data_that_ask_for_too_much_memory_are_refused(read: Reader) -> None:
    """What a frame or a dictionary may take is bounded, and the sentence says so."""
    window = zstandard.ZstdCompressionParameters(window_log=28)
    far = zstandard.ZstdCompressor(compression_params=window).compressobj()
    packed = far.compress(LINES) + far.flush()
    with pytest.raises(LakeError, match="memory"):
        read(packed, "zstd", 10**6)
    wide = [{"id": lzma.FILTER_LZMA2, "dict_size": 2**28}]
    with pytest.raises(LakeError, match=r"[Mm]emory"):
        read(lzma.compress(LINES, filters=wide), "xz", 10**6)
