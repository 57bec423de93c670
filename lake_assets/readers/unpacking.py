"""Unpack gzip, bzip2, xz and Zstandard as streams, in bounded memory.

How a file is packed is told by `readers.first_bytes`. The recount unpacks with code of its own.
"""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Protocol

import zstandard

from lake_assets.exceptions import LakeError

PIECE = 2**20  # bytes unpacked at once, so that a few kilobytes cannot swell to gigabytes in memory
GZIP_FORMAT = 16 + zlib.MAX_WBITS  # zlib manual, inflateInit2: expect a gzip header and trailer
MOST_MEMORY = 2**27  # bytes that a file may ask for as its window or dictionary; `zstd --ultra -22` does

# Zstandard gives all that its input makes: at most 128 KiB for each four bytes (RFC 8878, "RLE_Block").
ZSTD_SLICE = 2**11

_ERRORS = (zlib.error, OSError, lzma.LZMAError, zstandard.ZstdError, EOFError)


class Member(Protocol):
    """One member, stream or frame of a packed file."""

    @property
    def eof(self) -> bool:
        """Whether its end has come."""

    @property
    def unused_data(self) -> bytes:
        """What came behind its end."""

    def pieces(self, packed: bytes) -> Iterator[bytes]:
        """Yield all that these packed bytes make, in pieces."""


class _Zlib:
    def __init__(self) -> None:
        self._member = zlib.decompressobj(GZIP_FORMAT)

    @property
    def eof(self) -> bool:
        return self._member.eof

    @property
    def unused_data(self) -> bytes:
        return self._member.unused_data

    def pieces(self, packed: bytes) -> Iterator[bytes]:
        while True:
            piece = self._member.decompress(packed, PIECE)
            packed = self._member.unconsumed_tail
            yield piece
            # A full piece may leave more inside zlib, even when the input is used up.
            is_drained = not packed and len(piece) < PIECE
            if self.eof or is_drained:
                return


class _Buffered:
    """A member of bzip2 or xz, whose decompressors keep the input that they have not used."""

    def __init__(self, member: bz2.BZ2Decompressor | lzma.LZMADecompressor) -> None:
        self._member = member

    @property
    def eof(self) -> bool:
        return self._member.eof

    @property
    def unused_data(self) -> bytes:
        return self._member.unused_data

    def pieces(self, packed: bytes) -> Iterator[bytes]:
        while True:
            yield self._member.decompress(packed, PIECE)
            packed = b""
            if self.eof or self._member.needs_input:
                return


class _Zstd:
    def __init__(self) -> None:
        self._member = zstandard.ZstdDecompressor(max_window_size=MOST_MEMORY).decompressobj()
        self.unused_data = b""

    @property
    def eof(self) -> bool:
        return self._member.eof

    def pieces(self, packed: bytes) -> Iterator[bytes]:
        for at in range(0, len(packed), ZSTD_SLICE):
            behind = at + ZSTD_SLICE
            made = self._member.decompress(packed[at:behind])
            for start in range(0, len(made), PIECE):
                yield made[start : start + PIECE]
            if self.eof:
                self.unused_data = self._member.unused_data + packed[behind:]
                return


_MEMBERS: dict[str, Callable[[], Member]] = {
    "gzip": _Zlib,
    "bz2": lambda: _Buffered(bz2.BZ2Decompressor()),
    "xz": lambda: _Buffered(lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MOST_MEMORY)),
    "zstd": _Zstd,
}


class Room:
    """How many bytes files may have together once they are unpacked.

    Args:
        limit: so many.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.taken = 0

    def take(self, count: int) -> None:
        """Count bytes.

        Raises:
            LakeError: they are too many.
        """
        self.taken += count
        if self.taken > self._limit:
            raise LakeError(
                f"Unpacked, there are more than {self._limit:,} bytes (`max_bytes` of the table in the "
                "catalog). See who wrote that many, or set `max_bytes` higher."
            )

    def bounded(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Pass pieces on, and count them.

        Raises:
            LakeError: they are too many.
        """
        for piece in pieces:
            self.take(len(piece))
            yield piece


def unpack(chunks: Iterable[bytes], compression: str, *, whole: bool = True) -> Iterable[bytes]:
    """Unpack the raw chunks of an object; what is not packed passes as it is.

    Args:
        chunks: the object's bytes, cut anywhere.
        compression: `gzip`, `zstd`, `bz2` or `xz` (any number of members), or `none`.
        whole: false if the chunks are only the object's beginning, which may end anywhere.

    Raises:
        LakeError: the packed data are damaged or cut short, or need too much memory.
    """
    if compression == "none":
        return chunks
    return _unpack(chunks, compression, whole=whole)


def _unpack(chunks: Iterable[bytes], compression: str, *, whole: bool) -> Iterator[bytes]:
    open_member = partial(_open_member, compression)
    member = open_member()
    started = False
    for chunk in chunks:
        packed = chunk
        while packed:
            if member.eof:
                packed = packed.lstrip(b"\0")  # tape drives and some writers pad with zeros after a member
                if not packed:
                    break
                member = open_member()
            started = True
            yield from _unpack_some(member, packed, compression)
            packed = member.unused_data if member.eof else b""
    if started and whole and not member.eof:
        raise LakeError(
            f"The {compression} data is cut short. Write the object again, then load the hour again."
        )


def _open_member(compression: str) -> Member:
    return _MEMBERS[compression]()


def _unpack_some(member: Member, packed: bytes, compression: str) -> Iterator[bytes]:
    pieces = member.pieces(packed)
    while True:
        try:
            piece = next(pieces, None)
        except _ERRORS as error:
            raise _unpackable(compression, error) from error
        if piece is None:
            return
        yield piece


def _unpackable(compression: str, error: Exception) -> LakeError:
    said = str(error)
    if "memory" in said.lower():
        return LakeError(
            f"The {compression} data asks for more than {MOST_MEMORY >> 20} MiB of memory to be unpacked "
            f"({said}). Write it with a smaller window or dictionary (`zstd` without `--long`, `xz -9`)."
        )
    return LakeError(
        f"The {compression} data is damaged ({said}). Write the object again, or leave `compression` out of "
        "the catalog if it was never packed."
    )
