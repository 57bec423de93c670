"""Records as they stood in their file: back from UTF-8 into its own encoding, and what came before them.

How an object becomes UTF-8 is `readers.decode`'s; this is the way back, for people who mend records.
"""

import codecs

from lake_assets.readers.blank_lines import without_blank_lines
from lake_assets.readers.csv_splitter import Limits, split_records
from lake_assets.readers.decode import decode, is_utf8
from lake_assets.readers.dialect import Dialect
from lake_assets.readers.unpacking import unpack

GIVE_BACK_BYTES = "lake_assets.give_back_bytes"
KEPT = range(0xDC00, 0xDD00)  # the surrogates that `readers.decode` keeps unreadable bytes as

FEW = Limits(window=2**13)  # most headers are far shorter, and only the first record is wanted

MARKS = {
    "utf-8": {codecs.BOM_UTF8: "utf-8"},
    "utf-8-sig": {codecs.BOM_UTF8: "utf-8"},
    "utf-16": {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"},
    "utf-16-le": {codecs.BOM_UTF16_LE: "utf-16-le"},
    "utf-16-be": {codecs.BOM_UTF16_BE: "utf-16-be"},
    "utf-32": {codecs.BOM_UTF32_LE: "utf-32-le", codecs.BOM_UTF32_BE: "utf-32-be"},
    "utf-32-le": {codecs.BOM_UTF32_LE: "utf-32-le"},
    "utf-32-be": {codecs.BOM_UTF32_BE: "utf-32-be"},
}


def beginning(head: bytes, dialect: Dialect) -> tuple[str, bytes]:
    """Return a file's encoding, byte order told, and what it has before its first record.

    Args:
        head: its first raw bytes, which hold the whole header if there is one.
        dialect: how it is read.

    Returns:
        The encoding, and byte order mark and header with an LF behind it, in that encoding.
    """
    codec = codecs.lookup(dialect.encoding).name
    first = b"".join(unpack([head[: 2**10]], dialect.compression, whole=False))
    found = b""
    encoding = codec.removesuffix("-sig")
    for mark, marked in MARKS.get(codec, {}).items():
        if first.startswith(mark):
            found, encoding = mark, marked
    if not dialect.header or dialect.format != "csv":
        return encoding, found
    return encoding, found + encode_back(_header(head, dialect), encoding)


def _header(head: bytes, dialect: Dialect) -> bytes:
    """Return a file's first record in UTF-8, with an LF behind it; nothing if it has none."""
    text = decode([head], dialect.compression, dialect.encoding, whole=False)
    for slab in split_records(text, dialect.delimiter, dialect.quoting, FEW):
        records = without_blank_lines(slab, dialect.cells)
        if len(records):
            return records.raw(0) + b"\n"
    return b""


def encode_back(raw: bytes, encoding: str) -> bytes:
    """Turn the bytes of a record, as quarantine has them, into those its file has.

    Args:
        raw: UTF-8; of another encoding, with bytes it did not know kept as surrogates.
        encoding: the file's, by its name in Python, byte order told.
    """
    if is_utf8(encoding):
        return raw
    return raw.decode("utf-8", "surrogatepass").encode(encoding, GIVE_BACK_BYTES)


def _give_back(error: UnicodeError) -> tuple[bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    end = error.start
    while end < len(error.object) and ord(error.object[end]) in KEPT:
        end += 1
    if end == error.start:
        raise error
    return bytes(ord(kept) - KEPT.start for kept in error.object[error.start : end]), end


codecs.register_error(GIVE_BACK_BYTES, _give_back)
