"""Snappy's formats, as far as they must be known not to be taken for text.

Raw Snappy has no mark at its beginning, so its elements are followed instead (Snappy's "format description").
Nothing is unpacked here.
"""

import codecs
import re

FRAMED = b"\xff\x06\x00\x00sNaPpY"  # Snappy's "framing format"
FOLLOWED = 2**16  # bytes; a text goes wrong within a few
LEAST_FOLLOWED = 2**12  # bytes without a fault that tell Snappy, where its end is not there
LENGTH_BYTES = 5  # at most
INLINE = 60  # the longest literal whose length stands in its tag

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_HADOOP_HEADER = 8  # bytes: the length of a block unpacked, and of its first chunk packed
_COPY_BYTES = {1: 2, 2: 3, 3: 5}  # of a copy by the kind of its tag, the tag among them


def is_snappy(head: bytes) -> bool:
    """Return whether bytes begin as Snappy does: framed, raw, or in the blocks that Hadoop writes."""
    if head.startswith(FRAMED):
        return True
    if head[:1] == head[4:5] == b"\0":  # no block has 16 MB
        end = _HADOOP_HEADER + int.from_bytes(head[4:_HADOOP_HEADER])
        return _is_raw(head[_HADOOP_HEADER:end])
    return _is_raw(head)


def _is_raw(data: bytes) -> bool:
    if is_plain(data[:LEAST_FOLLOWED]):
        return False
    length, at = _length_of(data)
    if not length:
        return False
    end = min(len(data), FOLLOWED)
    made = 0
    while at < end and made < length:
        step = _step(data, at, made)
        if step is None:
            return False
        taken, given = step
        at += taken
        made += given
    if made < length:
        return end >= LEAST_FOLLOWED
    return made == length and at == len(data)


def is_plain(data: bytes) -> bool:
    """Return whether bytes are text in UTF-8 and nothing else, wherever they are cut off."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return False
    return not _CONTROLS.search(text)


def _length_of(data: bytes) -> tuple[int, int]:
    """Return how long the data are once unpacked, and where they begin; zero if that is not told."""
    length = 0
    for place, byte in enumerate(data[:LENGTH_BYTES]):
        length |= (byte & 0x7F) << 7 * place
        if byte < 0x80:  # noqa: PLR2004 - the highest bit says that more follows
            return length, place + 1
    return 0, 0


def _step(data: bytes, at: int, made: int) -> tuple[int, int] | None:
    """Return how many bytes an element takes, and how many it gives; None if there is no such element.

    Args:
        data: the bytes.
        at: where the element stands.
        made: how many bytes those before it gave.
    """
    tag = data[at]
    kind = tag & 3
    if kind == 0:
        return _literal(data, at)
    taken = _COPY_BYTES[kind]
    operand = data[at + 1 : at + taken]
    offset = int.from_bytes(operand, "little")
    given = (tag >> 2) + 1
    if kind == 1:
        offset |= (tag >> 5) << 8
        given = (tag >> 2 & 7) + 4
    return (taken, given) if 0 < offset <= made else None


def _literal(data: bytes, at: int) -> tuple[int, int]:
    length = (data[at] >> 2) + 1
    if length <= INLINE:
        return 1 + length, length
    extra = length - INLINE
    length = int.from_bytes(data[at + 1 : at + 1 + extra], "little") + 1
    return 1 + extra + length, length
