"""The encoding of one file: the catalog's, unless the file's first bytes say for sure that it is another.

Only what no sane text in the declared encoding begins with is believed. Turning the bytes into UTF-8 is
`readers.decode`'s; nothing is guessed from how letters look.
"""

import codecs

import numpy as np

from lake_assets.readers.decode import beginning, is_utf8
from lake_assets.readers.unpacking import unpack

LOOKED_AT = 2**16  # bytes
LEAST_UNITS = 4  # of two bytes, that a file without a mark must have to be taken for UTF-16
LEAST_NULS = 0.5  # of the bytes at odd or even places; text in Latin letters has nearly all
MOST_OTHERS = 0.05  # of the other half, and of what may be line ends: some letters hold such bytes
UTF_16_MARK, UTF_16_BARE = "utf-16", {0: "utf-16-be", 1: "utf-16-le"}

# The longer ones first: UTF-32's mark begins with UTF-16's. No UTF-8 begins with any of them but the last.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, UTF_16_MARK),
    (codecs.BOM_UTF16_BE, UTF_16_MARK),
    (codecs.BOM_UTF8, "utf-8"),
)


def encoding_of(head: bytes, compression: str, declared: str) -> tuple[str, str]:
    """Return a file's encoding, and why.

    Args:
        head: its first raw bytes; may end anywhere.
        compression: how it is packed, or `none`.
        declared: what the catalog says.

    Raises:
        LakeError: the head cannot be unpacked.
    """
    start = beginning(unpack([head], compression, whole=False), LOOKED_AT)[:LOOKED_AT]
    mark, marked = _mark_of(start)
    # In an encoding of single bytes, FF FE may be two letters.
    is_unicode = is_utf8(declared) or codecs.lookup(declared).name.startswith(("utf-16", "utf-32"))
    if mark and (marked == "utf-8" or is_unicode):
        return marked, f"begins with {mark.hex(' ')}, the byte order mark of {marked}"
    bare = _without_mark(start) if is_utf8(declared) else None
    if bare:
        return bare, "every other byte is NUL, as in UTF-16 without a byte order mark"
    return declared, f"the catalog says {declared}"


def _mark_of(start: bytes) -> tuple[bytes, str]:
    """Return the byte order mark that a file begins with, and its encoding; both empty if there is none."""
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return mark, encoding
    return b"", ""


def _without_mark(start: bytes) -> str | None:
    """Return which UTF-16 it is by its NULs: they stand at odd places or at even ones, and by line ends."""
    units = np.frombuffer(start[: len(start) // 2 * 2], np.uint8).reshape(-1, 2)
    if b"\0" not in start or len(units) < LEAST_UNITS:
        return None
    is_nul = units == 0
    for place, encoding in UTF_16_BARE.items():
        other = 1 - place
        by_line_ends = is_nul[units[:, other] == ord("\n"), place]
        has_nuls = is_nul[:, place].mean() >= LEAST_NULS
        has_letters = is_nul[:, other].mean() <= MOST_OTHERS
        has_lines = by_line_ends.sum() >= (1 - MOST_OTHERS) * len(by_line_ends)
        if has_nuls and has_letters and has_lines:
            return encoding
    return None
