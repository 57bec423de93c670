"""From an object's raw bytes to UTF-8: unpacked, transcoded, without a byte order mark.

Where records begin and end is told by `readers.csv_splitter`; bytes that claim to be UTF-8 pass through
untouched, for each record answers for its own (`readers.records`). Memory is bounded whatever the chunks
hold.
"""

import codecs
from collections.abc import Iterable, Iterator

from lake_assets.exceptions import LakeError
from lake_assets.readers.unpacking import Room, unpack

KEEP_AS_SURROGATES = "lake_assets.keep_as_surrogates"


def decode(
    chunks: Iterable[bytes],
    compression: str,
    encoding: str,
    *,
    whole: bool = True,
    room: Room | None = None,
) -> Iterator[bytes]:
    """Turn the raw chunks of an object into chunks of UTF-8.

    A byte that the encoding cannot read becomes a lone surrogate, which is not UTF-8: so it costs its record
    and not the file.

    Args:
        chunks: the object's bytes, cut anywhere.
        compression: how they are packed, or `none`; see `readers.unpacking.unpack`.
        encoding: any text encoding Python knows.
        whole: false if the chunks are only the object's beginning, which may end anywhere.
        room: how many bytes they may be once unpacked; None for any number.

    Raises:
        LakeError: there are too many of them, the packed data is damaged or cut short, or the encoding cannot
            be told. What came before the fault has been handed out by then.
    """
    chunks = unpack(chunks, compression, whole=whole)
    if room is not None:
        chunks = room.bounded(chunks)
    if not is_utf8(encoding):
        chunks = _transcode(chunks, encoding, whole=whole)
    return _without_mark(chunks)


def beginning(pieces: Iterable[bytes], most: int) -> bytes:
    """Join pieces until they hold `most` bytes; no piece after that is asked for, and the last is whole."""
    joined: list[bytes] = []
    total = 0
    for piece in pieces:
        joined.append(piece)
        total += len(piece)
        if total >= most:
            break
    return b"".join(joined)


def is_utf8(encoding: str) -> bool:
    """Return whether an encoding is UTF-8 under any of its names."""
    return codecs.lookup(encoding).name in {"utf-8", "utf-8-sig"}


def _transcode(chunks: Iterable[bytes], encoding: str, *, whole: bool) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)(errors=KEEP_AS_SURROGATES)
    try:
        for chunk in chunks:
            yield decoder.decode(chunk).encode("utf-8", "surrogatepass")
        if whole:
            yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")
    except UnicodeError as error:
        raise LakeError(
            f"The object cannot be read as {encoding} ({error}). Name its encoding in the catalog "
            "(`encoding: utf-16-le` or `utf-16-be` where a byte order mark is missing)."
        ) from error


def _as_surrogates(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    unread = error.object[error.start : error.end]
    return "".join(chr(0xDC00 + byte) for byte in unread), error.end


codecs.register_error(KEEP_AS_SURROGATES, _as_surrogates)


def _without_mark(chunks: Iterable[bytes]) -> Iterator[bytes]:
    source = iter(chunks)
    head = b""
    for chunk in source:
        head += chunk
        if len(head) >= len(codecs.BOM_UTF8):
            break
    yield head.removeprefix(codecs.BOM_UTF8)
    yield from source
