"""Unpack what the recount is fed with, as it comes: gzip, Zstandard, bzip2 and xz, in bounded memory.

The libraries below are those that the loader uses too; nothing else here is.
"""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import zstandard

from lake_assets.exceptions import LakeError

FED = 2**11  # packed bytes handed on at once: gzip makes at most 2 MiB of them, Zstandard 64 MiB
STEP = 2**20  # bytes that bzip2 and xz give at once, which could make more
MEMORY = 2**27  # bytes that a window or dictionary may take, said again

_FAULTS = (zlib.error, OSError, EOFError, lzma.LZMAError, zstandard.ZstdError)

_OPEN: Mapping[str, Callable[[], Any]] = {
    "gzip": lambda: zlib.decompressobj(wbits=31),
    "zstd": lambda: zstandard.ZstdDecompressor(max_window_size=MEMORY).decompressobj(),
    "bz2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=MEMORY),
}
"""What unpacks a stream, by the dialect's name of its packing."""


class Unpacker:
    """Unpacks an object that is fed to it; passes one on that is not packed.

    Args:
        compression: as the dialect has it.
    """

    def __init__(self, compression: str) -> None:
        self._compression = compression
        self._stream: Any = None
        self._has_ended = False

    def feed(self, raw: bytes) -> Iterator[bytes]:
        """Yield what the next raw bytes make.

        Raises:
            LakeError: they cannot be unpacked.
        """
        if self._compression == "none":
            yield raw
            return
        for at in range(0, len(raw), FED):
            yield from self._feed_some(raw[at : at + FED])

    def finish(self) -> None:
        """See that no stream was cut off.

        Raises:
            LakeError: one was.
        """
        if self._stream is not None:
            raise LakeError(f"The {self._compression} data ends too early. Write the object again.")

    def _feed_some(self, packed: bytes) -> Iterator[bytes]:
        rest = packed
        while rest:
            if self._stream is None:
                if self._has_ended:
                    rest = rest.lstrip(b"\0")  # what pads a stream belongs to none
                if not rest:
                    return
                self._stream = _OPEN[self._compression]()
            yield self._decompress(rest)
            while self._holds_more():
                yield self._decompress(b"")
            rest = self._behind_the_end()

    def _decompress(self, packed: bytes) -> bytes:
        try:
            if self._compression in {"bz2", "xz"}:
                return bytes(self._stream.decompress(packed, STEP))
            return bytes(self._stream.decompress(packed))
        except _FAULTS as error:
            raise LakeError(
                f"The {self._compression} data cannot be unpacked: {error}. Write the object again."
            ) from error

    def _holds_more(self) -> bool:
        if self._compression not in {"bz2", "xz"}:
            return False
        return not self._stream.eof and not self._stream.needs_input

    def _behind_the_end(self) -> bytes:
        """Return what came behind the end of a stream; nothing as long as it has not ended."""
        if not self._stream.eof:
            return b""
        rest = bytes(self._stream.unused_data)
        self._stream = None
        self._has_ended = True
        return rest
