"""What a file is by its first bytes, whatever its name: how it is packed, and what is no file of records.

Some of these marks are letters that a text may begin with as well, so more of the beginning is looked at
where the mark alone does not tell. Unpacking is `readers.unpacking`'s; how records are written is told by
`readers.detect`.
"""

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from lake_assets.exceptions import LakeError
from lake_assets.readers.snappy import is_plain, is_snappy

LOOKED_AT = 2**8  # bytes behind a mark of letters
NAMED_LOOKED_AT = 2**12  # bytes of a file whose name tells of a packing
LEAST_KINDS = 2  # of bytes that no text has, that tell binary data from text with a stray one
LEAST_INFLATED = 16  # bytes; two bytes of a text may look like zlib's mark, and go no further

# Control characters, but for those that stand between cells and lines (Hive writes U+0001, others U+001F).
_NO_TEXT = frozenset(range(0x20)) - frozenset(b"\t\n\r\x01\x1f")

# RFC 1952; RFC 8878 with its skippable frames; the bzip2 format's block and end marks; the .xz file format.
_PACKINGS = {
    "gzip": re.compile(rb"\x1f\x8b"),
    "zstd": re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18", re.DOTALL),
    "bz2": re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)"),
    "xz": re.compile(rb"\xfd7zXZ\x00"),
}
_LETTERS_ALONE = re.compile(rb"BZh[1-9]1AY&SY")
_PARQUET = re.compile(rb"PAR[1E]")  # Parquet's format, "File Format"; PARE where the footer is encrypted

UNPACK = "Write it packed with gzip, zstd, bz2 or xz, or not packed"
CONVERT = "Write it as CSV, JSON lines or Parquet"

# Packings without a mark, or with several: there the name must tell.
_UNREAD_ENDINGS = {
    ".br": "brotli",
    ".deflate": "deflate",
    ".lz4": "lz4",
    ".lzo": "lzo",
    ".snappy": "snappy",
    ".sz": "snappy",
}

Test = Callable[[bytes], bool]


@dataclass(frozen=True)
class Unread:
    """A format that is known and not read.

    Attributes:
        name: as people call it.
        begins: whether bytes begin so.
        remedy: what to write instead.
    """

    name: str
    begins: Test
    remedy: str


def is_binary(data: bytes) -> bool:
    """Return whether bytes cannot be the beginning of a text.

    Args:
        data: what stands behind the mark of a format.
    """
    kinds = _NO_TEXT.intersection(data[:LOOKED_AT])
    return len(kinds) >= LEAST_KINDS or (bool(data) and data[0] in _NO_TEXT)


def _marked(pattern: bytes) -> Test:
    mark = re.compile(pattern, re.DOTALL)
    return lambda head: mark.match(head) is not None


def _lettered(pattern: bytes) -> Test:
    """Return the test for a mark that is made of letters: what follows must be no text."""
    mark = re.compile(pattern, re.DOTALL)

    def begins(head: bytes) -> bool:
        found = mark.match(head)
        return found is not None and is_binary(head[found.end() :])

    return begins


def _is_avro(head: bytes) -> bool:
    return head.startswith(b"Obj\x01") and b"avro.schema" in head


def _is_zlib(head: bytes) -> bool:
    """Return whether zlib unpacks it: its mark is two bytes, which a text may have (RFC 1950)."""
    mark = re.match(rb"x[\x01\x5e\x9c\xda]", head)
    if not mark or not is_binary(head[mark.end() :]):
        return False
    try:
        return len(zlib.decompressobj().decompress(head, LOOKED_AT)) >= LEAST_INFLATED
    except zlib.error:
        return False


UNREAD = (
    Unread("zip", _marked(rb"PK(?:\x03\x04|\x05\x06|\x07\x08)"), UNPACK),
    Unread("lz4", _marked(rb"\x04\x22\x4d\x18|\x02\x21\x4c\x18"), UNPACK),
    Unread("snappy", is_snappy, UNPACK),
    Unread("zlib", _is_zlib, UNPACK),
    Unread("7z", _marked(rb"7z\xbc\xaf\x27\x1c"), UNPACK),
    Unread("rar", _marked(rb"Rar!\x1a\x07"), UNPACK),
    Unread("lzop", _marked(rb"\x89LZO\x00\r\n\x1a\n"), UNPACK),
    Unread("lzip", _lettered(rb"LZIP"), UNPACK),
    Unread("compress (.Z)", _marked(rb"\x1f\x9d"), UNPACK),
    Unread("tar", _marked(rb".{257}ustar[\x00 ]"), f"{UNPACK}, one file an object"),
    Unread("ORC", _lettered(rb"ORC"), CONVERT),
    Unread("Avro", _is_avro, CONVERT),
    Unread("Arrow", _marked(rb"ARROW1\x00\x00"), CONVERT),
    Unread("Feather", _lettered(rb"FEA1"), CONVERT),
    Unread("RCFile", _marked(rb"RCF\x01.*hive\.io\.rcfile"), CONVERT),
    Unread("SequenceFile", _marked(rb"SEQ[\x04-\x06].{1,3}org\."), CONVERT),
    Unread("SQLite", _marked(rb"SQLite format 3\x00"), CONVERT),
    Unread("Excel", _marked(rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), CONVERT),
    Unread("PDF", _lettered(rb"%PDF-\d"), CONVERT),
)
"""The formats that are known and not read, by what the makers of each say its files begin with."""


def packing_of(head: bytes) -> str:
    """Return how a file is packed: `gzip`, `zstd`, `bz2`, `xz`, or `none`."""
    for name, mark in _PACKINGS.items():
        found = mark.match(head)
        if found is None:
            continue
        if _LETTERS_ALONE.match(head) and not is_binary(head[found.end() :]):
            continue
        return name
    return "none"


def mark_of(head: bytes, packing: str) -> str:
    """Return the bytes that tell a file's packing, in hexadecimal digits."""
    found = _PACKINGS[packing].match(head)
    return found[0].hex(" ") if found else ""


def is_parquet(start: bytes) -> bool:
    """Return whether a file is Parquet, by its first bytes once unpacked."""
    found = _PARQUET.match(start)
    return found is not None and is_binary(start[found.end() :])


def refuse_unread(start: bytes) -> None:
    """Raise for what is no file of records that is read here.

    Args:
        start: the first bytes, of the object or once unpacked.

    Raises:
        LakeError: it is of a format that is not read.
    """
    for unread in UNREAD:
        if unread.begins(start):
            raise LakeError(
                f"This is {unread.name} by its first bytes, whatever its name, and {unread.name} is not "
                f"read. {unread.remedy}, then load the hour again."
            )


def refuse_unread_name(name: str, head: bytes) -> None:
    """Raise for a file that is no text, and whose name tells of a packing that is not read.

    Args:
        name: its name in small letters.
        head: its first raw bytes, which tell of nothing that is known.

    Raises:
        LakeError: it is one.
    """
    _, dot, ending = name.rpartition(".")
    packing = _UNREAD_ENDINGS.get(f"{dot}{ending}")
    is_known = packing_of(head) != "none" or is_parquet(head)
    if packing is None or is_known or is_plain(head[:NAMED_LOOKED_AT]):
        return
    raise LakeError(
        f"This is packed with {packing} by its name and is no text, and {packing} is not read. {UNPACK}, "
        "then load the hour again."
    )


def refuse_packed_twice(start: bytes, packing: str) -> None:
    """Raise for what is packed still when it has been unpacked.

    Args:
        start: the first bytes, once unpacked.
        packing: what they were unpacked from.

    Raises:
        LakeError: it is packed twice.
    """
    inner = packing_of(start)
    if inner != "none":
        raise LakeError(
            f"This is packed twice, {inner} in {packing}, and only one layer is taken off. Write it packed "
            "once, then load the hour again."
        )


def refuse_other_packing(head: bytes, declared: str) -> None:
    """Raise for a file that is packed in another way than the catalog says.

    Args:
        head: its first raw bytes.
        declared: what the catalog says.

    Raises:
        LakeError: it is.
    """
    packing = packing_of(head)
    if "none" != packing != declared:
        raise LakeError(
            f"This is packed with {packing} by its first bytes, and the catalog says "
            f"`compression: {declared}`. Leave that key out: how each file is packed is told by its bytes."
        )
