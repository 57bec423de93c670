"""The encoding of one file: the catalog's, unless the file's first bytes say for sure that it is another.

Only what no sane text in the declared encoding begins with is believed. Turning the bytes into UTF-8 is
`readers.decode`'s; nothing is guessed from how letters look.
"""

import codecs

import numpy as np

from lake_assets.readers.decode import beginning, is_utf8, unpack

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
    """Tell a file's encoding, and why.

    Args:
        head: its first raw bytes; may end anywhere.
        compression: `gzip` or `none`.
        declared: what the catalog says.

    Raises:
        LakeError: the head cannot be unpacked.
    """
    start = beginning(unpack([head], compression, whole=False), LOOKED_AT)[:LOOKED_AT]
    narrow = is_utf8(declared)
    wide = codecs.lookup(declared).name.startswith(("utf-16", "utf-32"))
    for mark, encoding in _MARKS:
        if start.startswith(mark) and (encoding == "utf-8" or narrow or wide):
            return encoding, f"begins with {mark.hex(' ')}, the byte order mark of {encoding}"
    if narrow and (bare := _without_mark(start)):
        return bare, "every other byte is NUL, as in UTF-16 without a byte order mark"
    return declared, f"the catalog says {declared}"


def _without_mark(start: bytes) -> str | None:
    """Tell UTF-16 by its NULs: they stand at odd places or at even ones, and beside line ends."""
    codes = np.frombuffer(start[: len(start) // 2 * 2], np.uint8).reshape(-1, 2)
    if b"\0" not in start or len(codes) < LEAST_UNITS:
        return None
    nul = codes == 0
    for place, encoding in UTF_16_BARE.items():
        line_ends = nul[codes[:, 1 - place] == ord("\n"), place]
        if (
            nul[:, place].mean() >= LEAST_NULS
            and nul[:, 1 - place].mean() <= MOST_OTHERS
            and line_ends.sum() >= (1 - MOST_OTHERS) * len(line_ends)
        ):
            return encoding
    return None
